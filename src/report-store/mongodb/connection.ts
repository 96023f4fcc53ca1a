import { Database } from '../../event-store/mongodb/database.ts'
import { redactUrl } from '../../text/redact.ts'
import { explained, newerFormat, shardsRefused } from './report-errors.ts'
import { STORE } from './schema.ts'

interface FormatDocument {
  _id: string
  format: number
}

/** Of the documents in schema.ts; a higher one is a newer Demetra's. */
const FORMAT = 1

/** The database of a report store: connected when it is first wanted. */
export class ReportConnection {
  readonly url: string
  readonly #givenUrl: string
  #database: Promise<Database> | null = null
  #hasReports = false

  constructor(url: string) {
    this.#givenUrl = url
    this.url = redactUrl(url)
  }

  /** Null: the database holds no reports. Writes nothing. */
  async read<Result>(work: (database: Database) => Promise<Result>): Promise<Result | null> {
    return this.#explain(async () => {
      const database = await this.#open()
      this.#hasReports ||= await hasFormat(database)
      return this.#hasReports ? work(database) : null
    })
  }

  async write<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    return this.#explain(async () => {
      const database = await this.#open()
      if (!this.#hasReports && !(await hasFormat(database))) await writeFormat(database)
      this.#hasReports = true
      return work(database)
    })
  }

  explained(error: unknown): unknown {
    return explained(error, this.url)
  }

  async close(): Promise<void> {
    const database = await this.#database?.catch(() => null)
    this.#database = null
    await database?.close()
  }

  async #open(): Promise<Database> {
    this.#database ??= connect(this.#givenUrl, this.url)
    try {
      return await this.#database
    } catch (error) {
      this.#database = null
      throw error
    }
  }

  async #explain<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw this.explained(error)
    }
  }
}

async function connect(url: string, shown: string): Promise<Database> {
  const database = await Database.connect(url)
  if (database.topology !== 'sharded') return database
  await database.close()
  throw shardsRefused(shown)
}

async function hasFormat(database: Database): Promise<boolean> {
  const store = database.collection<FormatDocument>(STORE)
  const found = await database.repeat(() => store.findOne({ _id: 'store' }))
  if (found !== null && found.format !== FORMAT) throw newerFormat(found.format, FORMAT)
  return found !== null
}

async function writeFormat(database: Database): Promise<void> {
  const store = database.collection<FormatDocument>(STORE)
  await database.repeat(() =>
    store.updateOne({ _id: 'store' }, [{ $set: { format: { $ifNull: ['$format', FORMAT] } } }], {
      upsert: true,
    }),
  )
  await hasFormat(database)
}
