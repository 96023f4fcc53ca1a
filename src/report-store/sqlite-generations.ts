import type { DatabaseSync } from 'node:sqlite'
import { nameTaken, otherEventStore, viewName, memoryName, tableName } from './report-name.ts'
import type { Generation, NewReport, ReportStatus } from './report-store.ts'
import { query, type SqliteConnection } from './sqlite-connection.ts'
import { createBookkeeping, formatOf } from './sqlite-format.ts'
import type { SqliteStatuses } from './sqlite-statuses.ts'
import { createIndex, createTable, createView, dropTable, dropView } from './sqlite-table.ts'

const OF = 'WHERE name = ? AND generation = ?'
const INSERT = `INSERT INTO demetra_reports
  (name, generation, in_use, table_name, view_name, event_store, version, columns, memory, hidden, indexes, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const TAKE_NUMBER = `INSERT INTO demetra_report_numbers
  SELECT ?1, 1 + max(coalesce((SELECT last_generation FROM demetra_report_numbers WHERE name = ?1), 0),
    coalesce((SELECT max(generation) FROM demetra_reports WHERE name = ?1), 0)) WHERE true
  ON CONFLICT DO UPDATE SET last_generation = excluded.last_generation RETURNING last_generation`

/** How generations come, are shown and go. */
export class SqliteGenerations {
  readonly #connection: SqliteConnection
  readonly #statuses: SqliteStatuses
  readonly #now: () => number

  constructor(connection: SqliteConnection, statuses: SqliteStatuses, now: () => number) {
    this.#connection = connection
    this.#statuses = statuses
    this.#now = now
  }

  /** The one in use; what another process has made in the meantime is left as it is. */
  open(report: NewReport): ReportStatus {
    return this.#connection.write((database) => {
      if (formatOf(database) === null) createBookkeeping(database)
      const before = this.#statuses.inUse(database, report.name)
      if (before !== null) return before
      const made = this.#create(database, report, true)
      for (const at of made.indexes.keys()) createIndex(database, made, at)
      createView(database, made)
      return made
    })
  }

  begin(report: NewReport): ReportStatus {
    return this.#connection.write((database) => {
      if (formatOf(database) === null) createBookkeeping(database)
      return this.#create(database, report, false)
    })
  }

  /**
   * Indexes are made only now: a fill is up to three times as fast without them. Each in a transaction of its own, so
   * that whoever else writes into the file waits for one at most.
   */
  switchTo(of: Generation, token: bigint): boolean {
    const status = this.#connection.read((database) => this.#statuses.find(database, of))
    for (const at of status?.indexes.keys() ?? []) {
      const made = this.#connection.write((database) => {
        const found = this.#statuses.switchable(database, of, token)
        if (found !== null) createIndex(database, found, at)
        return found !== null
      })
      if (!made) return false
    }
    if (status === null) return false
    return this.#connection.write((database) => this.#switch(database, of, token))
  }

  drop(of: Generation): void {
    // where nothing is, nothing is made
    if (this.#connection.read((database) => this.#statuses.find(database, of)) === null) return
    this.#connection.write((database) => {
      const found = this.#statuses.find(database, of)
      if (found === null) return
      if (found.inUse) throw new Error(`the generation ${of.generation} of ${of.name} is in use`)
      dropTable(database, found.table)
      if (found.memory !== null) dropTable(database, memoryName(found.table))
      query(database, `DELETE FROM demetra_reports ${OF}`, of.name, of.generation)
    })
  }

  #switch(database: DatabaseSync, of: Generation, token: bigint): boolean {
    const next = this.#statuses.switchable(database, of, token)
    if (next === null) return false
    if (next.inUse) return true
    const before = this.#statuses.inUse(database, of.name)
    if (before !== null) {
      dropView(database, before.view)
      query(database, `UPDATE demetra_reports SET in_use = 0 ${OF}`, of.name, before.generation)
    }
    this.#checkFree(database, of.name, next.view)
    createView(database, next)
    query(database, `UPDATE demetra_reports SET in_use = 1 ${OF}`, of.name, of.generation)
    return true
  }

  /** In a transaction. */
  #create(database: DatabaseSync, report: NewReport, inUse: boolean): ReportStatus {
    const { name, eventStoreId, version, columns, memory, hidden, indexes } = report
    const others = this.#statuses.all(database, name)
    for (const other of others) {
      if (other.eventStoreId !== eventStoreId) throw otherEventStore(other, this.#connection.url)
    }
    const view = viewName(name)
    if (!others.some((other) => other.inUse)) this.#checkFree(database, name, view)
    const [row] = query(database, TAKE_NUMBER, name)
    const generation = Number(row?.['last_generation'])
    const table = tableName({ name, generation })
    const made = { ...report, table, generation }
    this.#checkFree(database, name, table)
    createTable(database, table, columns)
    if (memory !== null) {
      this.#checkFree(database, name, memoryName(table))
      createTable(database, memoryName(table), memory)
    }
    const lists = [columns, memory, hidden, indexes].map(jsonOrNull)
    const names = [name, generation, inUse ? 1 : 0, table, view, eventStoreId, version]
    query(database, INSERT, ...names, ...lists, this.#now())
    const status = this.#statuses.find(database, made)
    if (status === null) throw new Error(`the report ${name} was made and cannot be found`)
    return status
  }

  #checkFree(database: DatabaseSync, name: string, wanted: string): void {
    const taken = query(database, 'SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE', wanted)
    if (taken.length > 0) throw nameTaken(name, wanted, this.#connection.url)
  }
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
