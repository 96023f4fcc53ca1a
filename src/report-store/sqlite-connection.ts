import { existsSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { StatusRow } from './sqlite-bookkeeping.ts'
import { explained } from './sqlite-errors.ts'
import { bringUpToDate, formatOf } from './sqlite-format.ts'

/** How long a statement waits for another program's transaction, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000

/** The file of a report store: opened when it is first wanted, made when it is first written. */
export class SqliteConnection {
  readonly path: string
  readonly url: string
  #database: DatabaseSync | null = null
  #hasReports = false
  #isUpToDate = false

  constructor(path: string) {
    this.path = path
    this.url = `sqlite:${path}`
  }

  /** Runs `work` with the database; null where it holds no reports. Writes nothing. */
  read<Result>(work: (database: DatabaseSync) => Result): Result | null {
    return this.#explain(() => {
      if (this.#database === null && this.path !== ':memory:' && !existsSync(this.path)) return null
      this.#database ??= connect(this.path)
      this.#hasReports ||= formatOf(this.#database) !== null
      return this.#hasReports ? work(this.#database) : null
    })
  }

  /** Runs `work` in a transaction of its own; all or nothing. The first brings the file up to date. */
  write<Result>(work: (database: DatabaseSync) => Result): Result {
    return this.#explain(() => {
      this.#database ??= connect(this.path)
      const database = this.#database
      // kept in the file; nothing to do from the second time on
      if (!this.#hasReports) database.exec('PRAGMA journal_mode = WAL')
      database.exec('BEGIN IMMEDIATE')
      try {
        const isUpToDate = this.#isUpToDate || bringUpToDate(database)
        const result = work(database)
        database.exec('COMMIT')
        this.#isUpToDate = isUpToDate
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Another connection in a read transaction: one snapshot, whatever is committed meanwhile. */
  async *snapshot<Item>(work: (database: DatabaseSync) => Iterable<Item>): AsyncGenerator<Item> {
    const inMemory = this.path === ':memory:'
    const database = this.#explain(() =>
      inMemory ? (this.#database ??= connect(this.path)) : connect(this.path),
    )
    try {
      if (!inMemory) database.exec('BEGIN')
      yield* work(database)
    } catch (error) {
      throw explained(error, this.url)
    } finally {
      if (!inMemory) database.close()
    }
  }

  close(): void {
    this.#database?.close()
    this.#database = null
  }

  #explain<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explained(error, this.url)
    }
  }
}

/** All rows, integers as bigint. */
export function query(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): StatusRow[] {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  return statement.all(...values)
}

function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  // 64 MiB of cache, taken only as it is needed; the log is folded in every 32 MiB, not at every commit
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192')
  return database
}
