import type { ColumnType, ColumnValue, ReportColumn } from './report-column.ts'

/** What SQLite takes and gives. */
export type SqlValue = null | number | bigint | string | Uint8Array

export const SQL_TYPES: Readonly<Record<ColumnType, 'TEXT' | 'INTEGER' | 'REAL'>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  bigint: 'INTEGER',
  real: 'REAL',
  boolean: 'INTEGER',
  timestamp: 'TEXT',
  date: 'TEXT',
  decimal: 'TEXT',
  json: 'TEXT',
}

/** A column's value as SQLite keeps it: times as ISO text, booleans as 0 and 1, nested values as JSON text. */
export function toSql(column: ReportColumn, value: ColumnValue): SqlValue {
  if (value === undefined || (value === null && (column.nullable || column.type !== 'json'))) return null
  if (column.type === 'timestamp') return (value as Date).toISOString()
  if (column.type === 'boolean') return value === true ? 1 : 0
  if (column.type === 'json') return JSON.stringify(value)
  return value as SqlValue
}

/** The way back. NULL is null in a nullable column that the row does not wait for, else not set. */
export function fromSql(column: ReportColumn, value: SqlValue, waiting: readonly string[]): ColumnValue {
  if (value === null) return column.nullable && !waiting.includes(column.name) ? null : undefined
  switch (column.type) {
    case 'timestamp':
      return new Date(value as string)
    case 'boolean':
      return Number(value) === 1
    case 'json':
      return JSON.parse(value as string)
    case 'integer':
    case 'real':
      return Number(value)
    case 'bigint':
      return value
    default:
      return value
  }
}

/** `"name"`, with quotes inside doubled: any name is safe. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
