import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { shownColumns, type ColumnValue, type ReportColumn } from './report-column.ts'
import type { ReportStatus, RowChange, StoredRow } from './report-store.ts'
import { fromSql, quoted, SQL_TYPES, toSql, type SqlValue } from './sqlite-values.ts'

/** What a row waits for, as a JSON list; NULL: it is shown. */
export const WAITING = 'demetra_waiting'

/** Creates a generation's table. */
export function createTable(database: DatabaseSync, table: string, columns: readonly ReportColumn[]): void {
  const lines = columns.map((column) => {
    const type = SQL_TYPES[column.type]
    return `${quoted(column.name)} ${type}${column.key ? ' NOT NULL' : ''}`
  })
  const key = columns.filter((column) => column.key).map((column) => quoted(column.name))
  lines.push(`${WAITING} TEXT`, `PRIMARY KEY (${key.join(', ')})`)
  database.exec(`CREATE TABLE ${quoted(table)} (${lines.join(', ')}) STRICT, WITHOUT ROWID`)
}

/** The view that people query: complete rows of one generation, without its hidden columns. */
export function createView(database: DatabaseSync, report: ReportStatus): void {
  const names = shownColumns(report).map((column) => quoted(column.name))
  database.exec(
    `CREATE VIEW ${quoted(report.view)} AS
     SELECT ${names.join(', ')} FROM ${quoted(report.table)} WHERE ${WAITING} IS NULL`,
  )
}

/** One of the generation's indexes; nothing where it is there. */
export function createIndex(database: DatabaseSync, { table, indexes }: ReportStatus, at: number): void {
  const names = (indexes[at] ?? []).map((name) => quoted(name))
  database.exec(
    `CREATE INDEX IF NOT EXISTS ${quoted(`${table}_i${at + 1}`)} ON ${quoted(table)} (${names.join(', ')})`,
  )
}

export function dropTable(database: DatabaseSync, table: string): void {
  database.exec(`DROP TABLE IF EXISTS ${quoted(table)}`)
}

export function dropView(database: DatabaseSync, view: string): void {
  const there = database.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?`).get(view)
  if (there !== undefined) database.exec(`DROP VIEW ${quoted(view)}`)
}

/** Reads and writes the rows of one generation's table; its statements are kept. */
export class SqliteTable {
  readonly #keys: readonly ReportColumn[]
  readonly #values: readonly ReportColumn[]
  readonly #select: StatementSync
  readonly #insert: StatementSync
  readonly #upsert: StatementSync
  readonly #delete: StatementSync

  constructor(database: DatabaseSync, table: string, columns: readonly ReportColumn[]) {
    this.#keys = columns.filter((column) => column.key)
    this.#values = columns.filter((column) => !column.key)
    const written = [...this.#values.map((column) => quoted(column.name)), WAITING]
    const key = this.#keys.map((column) => quoted(column.name))
    const where = key.map((name) => `${name} = ?`).join(' AND ')
    this.#select = database.prepare(`SELECT ${written.join(', ')} FROM ${quoted(table)} WHERE ${where}`)
    this.#select.setReturnArrays(true)
    this.#select.setReadBigInts(this.#values.some((column) => column.type === 'bigint'))
    const all = [...key, ...written]
    const insert = `INSERT INTO ${quoted(table)} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`
    this.#insert = database.prepare(insert)
    this.#upsert = database.prepare(
      `${insert}
       ON CONFLICT DO UPDATE SET ${written.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    )
    this.#delete = database.prepare(`DELETE FROM ${quoted(table)} WHERE ${where}`)
  }

  load(key: readonly ColumnValue[]): StoredRow | null {
    const found = this.#select.get(...this.#sqlKey(key)) as unknown as SqlValue[] | undefined
    if (found === undefined) return null
    const waitingText = found[this.#values.length] as string | null
    const waiting = waitingText === null ? [] : (JSON.parse(waitingText) as string[])
    const values = this.#values.map((column, i) => fromSql(column, found[i] as SqlValue, waiting))
    return { values, waiting }
  }

  /** `fresh`: the key is not there yet, or this throws. */
  write({ key, row }: RowChange, fresh: boolean): void {
    if (row === null) {
      if (!fresh) this.#delete.run(...this.#sqlKey(key))
      return
    }
    const values: SqlValue[] = this.#sqlKey(key)
    for (const [i, column] of this.#values.entries()) values.push(toSql(column, row.values[i]))
    values.push(row.waiting.length === 0 ? null : JSON.stringify(row.waiting))
    const statement = fresh ? this.#insert : this.#upsert
    statement.run(...values)
  }

  #sqlKey(key: readonly ColumnValue[]): SqlValue[] {
    return this.#keys.map((column, i) => toSql(column, key[i]))
  }
}
