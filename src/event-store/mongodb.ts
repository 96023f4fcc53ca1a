import { randomUUID } from 'node:crypto'
import type { NewEvent, LogPoint, StoredEvent } from '../event/event.ts'
import { redactUrl } from '../text/redact.ts'
import type { Catalogue } from './catalogue.ts'
import type {
  AppendOptions,
  AppendOutcome,
  AppendResult,
  BackfillRegister,
  EventCollection,
  EventStore,
  EventStoreCapabilities,
  ImportRegister,
  Leases,
  LogSummary,
  MissingStore,
  ReaderRegister,
  ReadOptions,
  SetupResult,
  StoreStatistics,
  TokenRegister,
} from './event-store.ts'
import { Append } from './mongodb/append.ts'
import { MongoBackfills } from './mongodb/backfills.ts'
import { Batch } from './mongodb/batch.ts'
import { MongoCatalogue } from './mongodb/catalogue.ts'
import { Clock } from './mongodb/clock.ts'
import { Database } from './mongodb/database.ts'
import { MongoImports } from './mongodb/imports.ts'
import { findStore, setUp } from './mongodb/layout.ts'
import { knownEvents } from './mongodb/known-events.ts'
import { MongoLeases } from './mongodb/leases.ts'
import { News } from './mongodb/news.ts'
import { keyOf } from './mongodb/piece.ts'
import { newestPosition, readEvent, readHistory, readLog } from './mongodb/read.ts'
import { MongoReaders } from './mongodb/readers.ts'
import { readStatistics } from './mongodb/statistics.ts'
import { summarise } from './mongodb/summary.ts'
import { MongoTokens } from './mongodb/tokens.ts'

export interface MongoEventStoreOptions {
  /** What becomes of a database without a store in it. Default create. */
  missing?: MissingStore
  /** UUID of a store that is created; default a new one. */
  storeId?: string | undefined
  /** How long an event may be on its way into the log before readers take what is below it for settled. Default 5,000. */
  stabilityMs?: number
}

const APPENDS_IN_FLIGHT = 4
/** An insert is over well within the window, or stopped by the server. */
const LONGEST_INSERT_SHARE = 0.6

/** What an open store consists of. */
interface Parts {
  database: Database
  storeId: string
  append: Append
  clock: Clock
  news: News
}

/** The event store in a MongoDB database. Connected to, and made where it is missing, by the first call that needs it. */
export class MongoEventStore implements EventStore {
  readonly url: string
  readonly capabilities: EventStoreCapabilities = {
    ordersAppends: false,
    appendsInFlight: APPENDS_IN_FLIGHT,
    atomicProgress: false,
  }
  readonly leases: Leases
  readonly imports: ImportRegister
  readonly readers: ReaderRegister
  readonly backfills: BackfillRegister
  readonly catalogue: Catalogue
  readonly tokens: TokenRegister
  readonly #givenUrl: string
  readonly #missing: MissingStore
  readonly #newStoreId: string | undefined
  readonly #stabilityMs: number
  #opening: Promise<Parts> | null = null
  #created: SetupResult = { created: [], checked: [] }

  constructor(url: string, options: MongoEventStoreOptions = {}) {
    this.#givenUrl = url
    this.url = redactUrl(url)
    this.#missing = options.missing ?? 'create'
    this.#newStoreId = options.storeId
    this.#stabilityMs = options.stabilityMs ?? 5000
    const database = async (): Promise<Database> => (await this.#parts()).database
    this.leases = new MongoLeases(database)
    this.imports = new MongoImports(database)
    this.readers = new MongoReaders(database)
    this.backfills = new MongoBackfills(database)
    this.catalogue = new MongoCatalogue(database)
    this.tokens = new MongoTokens(database)
  }

  async storeId(): Promise<string> {
    return (await this.#parts()).storeId
  }

  async setup(): Promise<SetupResult> {
    const { database } = await this.#parts()
    const madeNow = this.#created.created
    this.#created = { created: [], checked: [] }
    const { created, checked } = await setUp(database)
    return {
      created: [...madeNow, ...created],
      checked: checked.filter((name) => !madeNow.includes(name)),
    }
  }

  collect(): EventCollection {
    return new Batch()
  }

  async append(
    events: readonly NewEvent[] | EventCollection,
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    return (await this.#parts()).append.append(events as readonly NewEvent[] | Batch, options)
  }

  async lookup(events: readonly { id: Uint8Array; digest: Uint8Array }[]): Promise<AppendOutcome[]> {
    const { database } = await this.#parts()
    const found = await knownEvents(
      database,
      events.map(({ id }) => id),
    )
    return events.map(({ id, digest }) => {
      const known = found.get(keyOf(id))
      if (known === undefined) return 'new'
      return Buffer.compare(known.digest, digest) === 0 ? 'duplicate' : 'conflict'
    })
  }

  async get(id: Uint8Array): Promise<StoredEvent | null> {
    return readEvent((await this.#parts()).database, id)
  }

  async *read(options: ReadOptions = {}): AsyncGenerator<StoredEvent[]> {
    yield* readLog((await this.#parts()).database, options)
  }

  async *history(of: { aggregateId: string } | { correlationId: string }): AsyncGenerator<StoredEvent[]> {
    yield* readHistory((await this.#parts()).database, of)
  }

  async summary(after: LogPoint, upTo: LogPoint): Promise<LogSummary> {
    return summarise((await this.#parts()).database, after, upTo)
  }

  async stablePosition(): Promise<bigint> {
    const { database, clock } = await this.#parts()
    // where nothing was ever stored nothing is on its way that a reader could have missed
    return (await newestPosition(database)) === 0n ? 0n : clock.stablePosition()
  }

  async newestPosition(): Promise<bigint> {
    return newestPosition((await this.#parts()).database)
  }

  async statistics(): Promise<StoreStatistics> {
    return readStatistics((await this.#parts()).database)
  }

  async now(): Promise<number> {
    return (await this.#parts()).clock.now()
  }

  async waitForNews(after: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return (await this.#parts()).news.wait(after, timeoutMs, signal)
  }

  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = null
    // A store that could not be opened has told so already.
    const parts = await opening?.catch(() => null)
    if (parts === undefined || parts === null) return
    try {
      await parts.news.close()
      await parts.append.close()
    } finally {
      await parts.database.close()
    }
  }

  #parts(): Promise<Parts> {
    if (this.#opening === null) {
      const opening = this.#open()
      this.#opening = opening
      // the next call tries again
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = null
      })
    }
    return this.#opening
  }

  async #open(): Promise<Parts> {
    const database = await Database.connect(this.#givenUrl)
    try {
      const storeId = (await findStore(database, this.#missing)) ?? (await this.#make(database))
      const clock = new Clock(database, this.#stabilityMs)
      const maxTimeMs = Math.max(1, Math.round(Math.min(3000, this.#stabilityMs * LONGEST_INSERT_SHARE)))
      return {
        database,
        storeId,
        clock,
        append: new Append(database, clock, { maxTimeMs, inFlight: APPENDS_IN_FLIGHT }),
        news: new News(database),
      }
    } catch (error) {
      await database.close().catch(() => undefined)
      throw error
    }
  }

  /** The id of a new store. */
  async #make(database: Database): Promise<string> {
    if (this.#missing !== 'create') return randomUUID()
    const { storeId, created, checked } = await setUp(database, this.#newStoreId)
    this.#created = { created, checked }
    return storeId
  }
}
