import type { ColumnType, ColumnValue } from '../report-store/report-column.ts'

/** A value as a cell of a table: times without a fraction that is zero, what is not set empty. */
export function tableCell(value: ColumnValue, type: ColumnType): string {
  if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('.000Z', 'Z')
  return csvCell(value, type)
}

/** A value as text, whole: times as RFC 3339, nested values as JSON, what is not set empty. */
export function csvCell(value: ColumnValue, type: ColumnType): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  return type === 'json' ? JSON.stringify(value) : `${value as string | number | bigint | boolean}`
}

/** A value in a JSON document: bigints and decimals as strings, what is not set null. */
export function jsonCell(value: ColumnValue): unknown {
  if (value === undefined) return null
  return typeof value === 'bigint' ? value.toString() : value
}

export function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'bigint' || type === 'real' || type === 'decimal'
}
