import type { StoredRow } from '../report-store/report-store.ts'
import type { KeyedFold } from './projection.ts'

/** A copy, as databases keep it: handlers change what is inside of a row. */
export function keptRow({ columns }: KeyedFold, row: StoredRow): StoredRow {
  return { waiting: row.waiting, values: row.values.map((value, i) => keptValue(columns[i]?.type, value)) }
}

function keptValue(type: string | undefined, value: unknown): unknown {
  if (value === undefined || value === null) return value
  if (type === 'timestamp') return new Date(value as Date)
  return type === 'json' ? JSON.parse(JSON.stringify(value)) : value
}
