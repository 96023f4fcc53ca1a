import type { Document } from 'mongodb'
import { decimalSortKey } from '../decimal-sort-key.ts'
import type { ColumnValue, ReportColumn } from '../report-column.ts'
import type { RowChange, StoredRow } from '../report-store.ts'
import { DELETED_AT, TEXT, WAITING } from './schema.ts'
import { fromBson, JsonText, toBson } from './values.ts'

/** A row as a document: the key is its `_id`, and a field of its own for each column as well, which people query. */
export interface RowDocument extends Document {
  _id: Document
}

export interface EncodedChange {
  id: Document
  /** Null: it is deleted. */
  fields: RowDocument | null
}

/** Turns the rows of one collection into documents and back. */
export class RowCodec {
  readonly #keys: readonly ReportColumn[]
  readonly #values: readonly ReportColumn[]

  constructor(columns: readonly ReportColumn[]) {
    this.#keys = columns.filter((column) => column.key)
    this.#values = columns.filter((column) => !column.key)
  }

  /** Key columns in their order, so that documents are ordered by `_id` as rows are by key. */
  id(key: readonly ColumnValue[]): Document {
    return Object.fromEntries(this.#keys.map((column, i) => [column.name, toBson(column, key[i])]))
  }

  change({ key, row }: RowChange): EncodedChange {
    const id = this.id(key)
    if (row === null) return { id, fields: null }
    const fields: RowDocument = { _id: id, ...id }
    const texts: string[] = []
    for (const [i, column] of this.#values.entries()) {
      const value = toBson(column, row.values[i])
      if (value === undefined) continue
      if (value instanceof JsonText) texts.push(column.name)
      fields[column.name] = value instanceof JsonText ? value.text : value
    }
    if (row.waiting.length > 0) fields[WAITING] = row.waiting
    if (texts.length > 0) fields[TEXT] = texts
    return { id, fields }
  }

  /** Null: the document stands for a row that was deleted. */
  row(found: Document): StoredRow | null {
    if (found[DELETED_AT] !== undefined) return null
    const texts = (found[TEXT] as string[] | undefined) ?? []
    const waiting = (found[WAITING] as string[] | undefined) ?? []
    const values = this.#values.map((column) => decode(column, found, texts))
    return { values, waiting }
  }

  /** Equal for keys that MongoDB takes for the same one. */
  keyText(key: readonly ColumnValue[]): string {
    return JSON.stringify(this.#keys.map((column, i) => comparable(column, key[i])))
  }

  idText(id: Document): string {
    return this.keyText(this.#keys.map((column) => fromBson(column, id[column.name], false)))
  }
}

/** The value of a column in a row's document. */
export function decode(column: ReportColumn, found: Document, texts: readonly string[]): ColumnValue {
  return fromBson(column, found[column.name], texts.includes(column.name))
}

function comparable(column: ReportColumn, value: ColumnValue): string {
  if (column.type === 'decimal') return decimalSortKey(value as string)
  return value instanceof Date ? String(value.getTime()) : String(value)
}
