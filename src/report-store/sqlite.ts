import { isAbsolute, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { generationGone } from './generation-gone.ts'
import { shownColumns, type ColumnValue } from './report-column.ts'
import { checkReportName, memoryName, otherEventStore } from './report-name.ts'
import type {
  Generation,
  NewReport,
  ReportCommit,
  ReportLease,
  ReportLeaseRefusal,
  ReportPart,
  ReportQuery,
  ReportRows,
  ReportStatus,
  ReportStore,
  StoredRow,
} from './report-store.ts'
import { STATE_COLUMNS, writeState } from './sql-state.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { isTableTrouble } from './sqlite-errors.ts'
import { SqliteGenerations } from './sqlite-generations.ts'
import { SqliteLeases } from './sqlite-leases.ts'
import { addFunctions, readRows } from './sqlite-query.ts'
import { SqliteStatuses } from './sqlite-statuses.ts'
import { SqliteTable } from './sqlite-table.ts'
import { tableChanged } from './table-changed.ts'

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
  readonly #generations: SqliteGenerations
  readonly #statuses: SqliteStatuses
  readonly #leases: SqliteLeases
  readonly #now: () => number
  readonly #tables = new Map<string, SqliteTable>()

  constructor(path: string, options: { now?: () => number } = {}) {
    this.#connection = new SqliteConnection(path === ':memory:' || isAbsolute(path) ? path : resolve(path))
    this.url = this.#connection.url
    this.#now = options.now ?? Date.now
    this.#statuses = new SqliteStatuses(this.#now)
    this.#generations = new SqliteGenerations(this.#connection, this.#statuses, this.#now)
    this.#leases = new SqliteLeases(this.#connection, this.#now)
  }

  async status(name: string): Promise<ReportStatus | null> {
    return this.#connection.read((database) => this.#statuses.inUse(database, name))
  }

  async list(): Promise<ReportStatus[]> {
    return this.#connection.read((database) => this.#statuses.allInUse(database)) ?? []
  }

  async generations(name: string): Promise<ReportStatus[]> {
    return this.#connection.read((database) => this.#statuses.all(database, name)) ?? []
  }

  async open(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    const status = (await this.status(report.name)) ?? this.#generations.open(report)
    if (status.eventStoreId !== report.eventStoreId) throw otherEventStore(status, this.url)
    return status
  }

  async begin(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    return this.#generations.begin(report)
  }

  async switchTo(of: Generation, token: bigint): Promise<boolean> {
    return this.#generations.switchTo(of, token)
  }

  async drop(of: Generation): Promise<void> {
    this.#generations.drop(of)
    for (const part of ['rows', 'memory'] as const) this.#tables.delete(tableKey(of, part))
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

  async load(
    of: Generation,
    keys: readonly (readonly ColumnValue[])[],
    part: ReportPart = 'rows',
  ): Promise<(StoredRow | null)[]> {
    const load = (database: DatabaseSync): (StoredRow | null)[] =>
      this.#withTables(database, of, () => {
        const table = this.#table(database, of, part)
        return keys.map((key) => table.load(key))
      })
    return this.#connection.read(load) ?? keys.map(() => null)
  }

  async commit(commit: ReportCommit): Promise<boolean> {
    const { of, from, fresh = false } = commit
    return this.#connection.write((database) => {
      const now = this.#now()
      const set = [...writeState(commit), now, now + commit.ttlMs]
      const where = [of.name, of.generation, commit.token, from?.position ?? null, from?.id ?? null]
      const { changes } = database.prepare(COMMIT).run(...set, ...where)
      if (Number(changes) === 0) return false
      this.#withTables(database, of, () => {
        for (const part of ['rows', 'memory'] as const) {
          const table = commit[part].length === 0 ? null : this.#table(database, of, part)
          for (const change of commit[part]) table?.write(change, fresh)
        }
      })
      return true
    })
  }

  async read(name: string, reportQuery: ReportQuery = {}): Promise<ReportRows | null> {
    const asked = await this.#asked(name, reportQuery.generation)
    if (asked === null) return null
    const batches = this.#connection.snapshot((database) => {
      addFunctions(database)
      // the columns were told of this one: a switch in between must not change what comes
      if (this.#statuses.find(database, asked) === null) throw generationGone(asked, this.url)
      return this.#withTables(database, asked, () => readRows(database, asked, reportQuery))
    })
    return { columns: shownColumns(asked), batches }
  }

  async close(): Promise<void> {
    this.#tables.clear()
    this.#connection.close()
  }

  async #asked(name: string, generation: number | undefined): Promise<ReportStatus | null> {
    if (generation === undefined) return this.status(name)
    const all = await this.generations(name)
    const found = all.find((status) => status.generation === generation)
    if (found === undefined && all.length > 0) throw generationGone({ name, generation }, this.url)
    return found ?? null
  }

  /** What is wrong where a table or a column is not there: dropped by another process, or by somebody. */
  #withTables<Result>(database: DatabaseSync, of: Generation, work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      if (!isTableTrouble(error)) throw error
      const isGone = this.#statuses.find(database, of) === null
      throw isGone ? generationGone(of, this.url) : tableChanged(of, this.url, error.message, error)
    }
  }

  #table(database: DatabaseSync, of: Generation, part: ReportPart): SqliteTable {
    const known = this.#tables.get(tableKey(of, part))
    if (known !== undefined) return known
    const status = this.#statuses.find(database, of)
    if (status === null) throw generationGone(of, this.url)
    const columns = part === 'rows' ? status.columns : status.memory
    if (columns === null) throw new TypeError(`the report ${of.name} has no memory`)
    const table = new SqliteTable(
      database,
      part === 'rows' ? status.table : memoryName(status.table),
      columns,
    )
    this.#tables.set(tableKey(of, part), table)
    return table
  }
}

function tableKey({ name, generation }: Generation, part: ReportPart): string {
  return `${part} ${generation} ${name}`
}
