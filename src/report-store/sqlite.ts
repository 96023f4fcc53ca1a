import { isAbsolute, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { ColumnValue } from './report-column.ts'
import { checkReportName, nameTaken, otherEventStore, viewName } from './report-name.ts'
import type {
  Generation,
  NewReport,
  ReportCommit,
  ReportLease,
  ReportLeaseRefusal,
  ReportQuery,
  ReportRows,
  ReportStatus,
  ReportStore,
  StoredRow,
} from './report-store.ts'
import { createBookkeeping, hasBookkeeping, readStatus } from './sqlite-bookkeeping.ts'
import { STATE_COLUMNS, writeState } from './sqlite-bookkeeping.ts'
import { query, SqliteConnection } from './sqlite-connection.ts'
import { SqliteLeases } from './sqlite-leases.ts'
import { addFunctions, readRows } from './sqlite-query.ts'
import { createTable, createView, SqliteTable } from './sqlite-table.ts'

const IN_USE = 'SELECT * FROM demetra_reports WHERE name = ? AND in_use = 1'
const COMMIT = `UPDATE demetra_reports
  SET ${STATE_COLUMNS.map((column) => `${column} = ?`).join(', ')}, updated_at = ?, lease_expires_at = ?
  WHERE name = ? AND generation = ? AND lease_token = ? AND lease_owner IS NOT NULL
    AND checkpoint_position IS ? AND checkpoint_id IS ?`

/**
 * The report store in a SQLite file, in WAL mode with synchronous=NORMAL: a power loss may take the last
 * commits, whole ones, and the next run makes them again.
 */
export class SqliteReportStore implements ReportStore {
  readonly url: string
  readonly #connection: SqliteConnection
  readonly #leases: SqliteLeases
  readonly #now: () => number
  readonly #tables = new Map<string, SqliteTable>()

  constructor(path: string, options: { now?: () => number } = {}) {
    this.#connection = new SqliteConnection(path === ':memory:' || isAbsolute(path) ? path : resolve(path))
    this.url = this.#connection.url
    this.#now = options.now ?? Date.now
    this.#leases = new SqliteLeases(this.#connection, this.#now)
  }

  async status(name: string): Promise<ReportStatus | null> {
    return this.#connection.read((database) => this.#inUse(database, name))
  }

  async list(): Promise<ReportStatus[]> {
    const all = 'SELECT * FROM demetra_reports WHERE in_use = 1 ORDER BY name'
    const read = (database: DatabaseSync) => query(database, all).map((row) => readStatus(row, this.#now()))
    return this.#connection.read(read) ?? []
  }

  async open(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    const status =
      (await this.status(report.name)) ?? this.#connection.write((database) => this.#create(database, report))
    if (status.eventStoreId !== report.eventStoreId) throw otherEventStore(status, this.url)
    return status
  }

  async acquire(
    of: Generation,
    owner: string,
    ttlMs: number,
    isGone: (owner: string) => boolean = () => false,
  ): Promise<ReportLease | ReportLeaseRefusal> {
    return this.#leases.acquire(of, owner, ttlMs, isGone)
  }

  async renew(of: Generation, token: bigint, ttlMs: number): Promise<boolean> {
    return this.#leases.renew(of, token, ttlMs)
  }

  async release(of: Generation, token: bigint): Promise<void> {
    this.#leases.release(of, token)
  }

  async load(of: Generation, keys: readonly (readonly ColumnValue[])[]): Promise<(StoredRow | null)[]> {
    const load = (database: DatabaseSync): (StoredRow | null)[] => {
      const table = this.#table(database, of)
      return keys.map((key) => table.load(key))
    }
    return this.#connection.read(load) ?? keys.map(() => null)
  }

  async commit(commit: ReportCommit): Promise<boolean> {
    const { of, from, rows } = commit
    return this.#connection.write((database) => {
      const now = this.#now()
      const set = [...writeState(commit), now, now + commit.ttlMs]
      const where = [of.name, of.generation, commit.token, from?.position ?? null, from?.id ?? null]
      const { changes } = database.prepare(COMMIT).run(...set, ...where)
      if (Number(changes) === 0) return false
      const table = rows.length === 0 ? null : this.#table(database, of)
      for (const change of rows) table?.write(change)
      return true
    })
  }

  async read(name: string, reportQuery: ReportQuery = {}): Promise<ReportRows | null> {
    const status = await this.status(name)
    if (status === null) return null
    const batches = this.#connection.snapshot((database) => {
      addFunctions(database)
      const report = this.#inUse(database, name)
      return report === null ? [] : readRows(database, report, reportQuery)
    })
    return { columns: status.columns, batches }
  }

  async close(): Promise<void> {
    this.#tables.clear()
    this.#connection.close()
  }

  #inUse(database: DatabaseSync, name: string): ReportStatus | null {
    const [row] = query(database, IN_USE, name)
    return row === undefined ? null : readStatus(row, this.#now())
  }

  #table(database: DatabaseSync, { name, generation }: Generation): SqliteTable {
    const known = this.#tables.get(`${generation} ${name}`)
    if (known !== undefined) return known
    const [row] = query(
      database,
      'SELECT * FROM demetra_reports WHERE name = ? AND generation = ?',
      name,
      generation,
    )
    if (row === undefined) throw new Error(`there is no generation ${generation} of ${name}`)
    const status = readStatus(row, 0)
    const table = new SqliteTable(database, status.table, status.columns)
    this.#tables.set(`${generation} ${name}`, table)
    return table
  }

  /** In a transaction; what another process has made in the meantime is left as it is. */
  #create(database: DatabaseSync, { name, eventStoreId, version, columns }: NewReport): ReportStatus {
    if (!hasBookkeeping(database)) createBookkeeping(database)
    const before = this.#inUse(database, name)
    if (before !== null) return before
    const view = viewName(name)
    const table = `${view}__g1`
    for (const wanted of [view, table]) {
      const taken = query(database, 'SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE', wanted)
      if (taken.length > 0) throw nameTaken(name, wanted, this.url)
    }
    createTable(database, table, columns)
    createView(database, view, table, columns)
    const insert = `INSERT INTO demetra_reports
      (name, generation, in_use, table_name, view_name, event_store, version, columns, updated_at)
      VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?)`
    query(database, insert, name, table, view, eventStoreId, version, JSON.stringify(columns), this.#now())
    const made = this.#inUse(database, name)
    if (made === null) throw new Error(`the report ${name} was made and cannot be found`)
    return made
  }
}
