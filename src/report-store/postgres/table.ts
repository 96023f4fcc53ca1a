import type { ColumnValue, ReportColumn } from '../report-column.ts'
import type { RowChange, StoredRow } from '../report-store.ts'
import { ArrayLiteral, arrayLiteral } from './array-literal.ts'
import type { Ask, Copy } from './connection.ts'
import { CopyText } from './copy-text.ts'
import { fromSql, quoted, selected, SQL_TYPES, toSql } from './values.ts'

/** What a row waits for; NULL: it is shown. */
export const WAITING = 'demetra_waiting'
/** Rows in one statement; more of them are no faster, and take memory on both sides. */
const ROWS = 10_000

/** Writes rows, in a transaction. */
export type Write = (ask: Ask, copy: Copy) => Promise<unknown>

/** Reads and writes the rows of one table, many at once: a column of values is one parameter. */
export class PostgresTable {
  readonly #keys: readonly ReportColumn[]
  readonly #values: readonly ReportColumn[]
  readonly #select: string
  readonly #copy: string
  readonly #upsert: string
  readonly #delete: string

  constructor(table: string, columns: readonly ReportColumn[]) {
    const name = quoted(table)
    this.#keys = columns.filter((column) => column.key)
    this.#values = columns.filter((column) => !column.key)
    const key = this.#keys.map((column) => quoted(column.name))
    const written = [...this.#values.map((column) => quoted(column.name)), WAITING]
    const wanted = unnest(this.#keys)
    // row by row through the primary key: the planner would rather go through a whole table of some size
    const found = (what: string) => `(SELECT ${what} FROM ${name} AS t
      WHERE ${key.map((column, i) => `t.${column} = given.c${i}`).join(' AND ')} LIMIT 1) AS found`
    const selection = this.#values.map((column) => selected(column, `t.${quoted(column.name)}`))
    this.#select = `SELECT given.n, found.* FROM unnest(${wanted}) WITH ORDINALITY AS given (${names(key, 'n')})
      CROSS JOIN LATERAL ${found([...selection, `array_to_json(t.${WAITING})`].join(', '))}`
    this.#delete = `DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
      SELECT found.ctid FROM unnest(${wanted}) AS given (${names(key)}) CROSS JOIN LATERAL ${found('t.ctid')}))`
    const all = [...key, ...written]
    const given = all.map((_, i) => (i === all.length - 1 ? `c${i}::text[]` : `c${i}`))
    const types = `${unnest([...this.#keys, ...this.#values])}, $${all.length}::text[]`
    this.#copy = `COPY ${name} (${all.join(', ')}) FROM STDIN WITH (ENCODING 'UTF8')`
    const set = written.map((column) => `${column} = excluded.${column}`)
    this.#upsert = `INSERT INTO ${name} (${all.join(', ')})
      SELECT ${given.join(', ')} FROM unnest(${types}) AS given (${names(all)})
      ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set.join(', ')}`
  }

  async load(ask: Ask, keys: readonly (readonly ColumnValue[])[]): Promise<(StoredRow | null)[]> {
    const rows: (StoredRow | null)[] = keys.map(() => null)
    for (let start = 0; start < keys.length; start += ROWS) {
      const found = await ask(this.#select, this.#keyParameters(keys.slice(start, start + ROWS)))
      for (const [n, ...values] of found.rows) rows[start + Number(n) - 1] = this.#stored(values)
    }
    return rows
  }

  /** What writes these rows; made before the transaction begins, which others may be waiting for. */
  writes(changes: readonly RowChange[], isFresh: boolean): Write[] {
    const kept = changes.filter(({ row }) => row !== null)
    if (isFresh) return kept.length === 0 ? [] : [this.#copied(kept)]
    const made: Write[] = []
    const gone = changes.filter(({ row }) => row === null).map(({ key }) => key)
    for (let start = 0; start < gone.length; start += ROWS) {
      const parameters = this.#keyParameters(gone.slice(start, start + ROWS))
      made.push((ask) => ask(this.#delete, parameters))
    }
    for (let start = 0; start < kept.length; start += ROWS) {
      const parameters = this.#rowParameters(kept.slice(start, start + ROWS))
      made.push((ask) => ask(this.#upsert, parameters))
    }
    return made
  }

  #copied(changes: readonly RowChange[]): Write {
    const text = new CopyText()
    for (const { key, row } of changes) {
      const values = this.#keys.map((column, i) => toSql(column, key[i]))
      for (const [i, column] of this.#values.entries()) values.push(toSql(column, row?.values[i]))
      values.push(row?.waiting.length ? arrayLiteral(row.waiting) : null)
      text.add(values)
    }
    text.end()
    return (_ask, copy) => copy(this.#copy, text.chunks)
  }

  #stored(found: readonly (string | null)[]): StoredRow {
    const waitingText = found[this.#values.length] ?? null
    const waiting = waitingText === null ? [] : (JSON.parse(waitingText) as string[])
    const values = this.#values.map((column, i) => fromSql(column, found[i] ?? null, waiting))
    return { values, waiting }
  }

  #keyParameters(keys: readonly (readonly ColumnValue[])[]): string[] {
    return this.#keys.map((column, i) => {
      const list = new ArrayLiteral()
      for (const key of keys) list.push(toSql(column, key[i]))
      return list.toString()
    })
  }

  #rowParameters(changes: readonly RowChange[]): string[] {
    const values = this.#values.map((column, i) => {
      const list = new ArrayLiteral()
      for (const { row } of changes) list.push(toSql(column, row?.values[i]))
      return list.toString()
    })
    const waiting = new ArrayLiteral()
    for (const { row } of changes) waiting.push(row?.waiting.length ? arrayLiteral(row.waiting) : null)
    return [...this.#keyParameters(changes.map(({ key }) => key)), ...values, waiting.toString()]
  }
}

function unnest(columns: readonly ReportColumn[]): string {
  return columns.map(({ type }, i) => `$${i + 1}::${SQL_TYPES[type]}[]`).join(', ')
}

function names(of: readonly unknown[], ...more: string[]): string {
  return [...of.map((_, i) => `c${i}`), ...more].join(', ')
}
