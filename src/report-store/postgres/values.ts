import { DemetraError, EXIT } from '../../errors.ts'
import type { ColumnType, ColumnValue, ReportColumn } from '../report-column.ts'

/**
 * A decimal is a numeric without a scale of its own, which keeps the digits as they were written: `9.50` comes
 * back as `9.50` and equals `9.5`. Nested values are json, not jsonb, for the same reason: with another order of
 * keys, a projection that goes through them would depend on which rows were read again. The view shows jsonb.
 */
export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  bigint: 'bigint',
  real: 'double precision',
  boolean: 'boolean',
  timestamp: 'timestamp with time zone',
  date: 'date',
  decimal: 'numeric',
  json: 'json',
}

const MS_PER_DAY = 86_400_000
/** 4714-11-24 BC, the first day that PostgreSQL knows. */
const FIRST_MS = Date.UTC(-4713, 10, 24)
/** In JSON text: a NUL, or half of a surrogate pair, which JSON.stringify writes so. */
const UNLIKE_JSONB = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/u

/** A column's value as PostgreSQL reads it; null: NULL. Throws DEMETRA_REPORT_VALUE. */
export function toSql(column: ReportColumn, value: ColumnValue): string | null {
  if (value === undefined || (value === null && (column.nullable || column.type !== 'json'))) return null
  switch (column.type) {
    case 'timestamp':
      return timestampText(column, value as Date)
    case 'date':
      return (value as string).startsWith('0000') ? `0001${(value as string).slice(4)} BC` : (value as string)
    case 'real':
      return Object.is(value, -0) && !column.key ? '-0' : `${value as number}`
    case 'json': {
      const text = JSON.stringify(value)
      if (UNLIKE_JSONB.test(text))
        throw unfit(column, 'has a NUL character or half of a surrogate pair in it')
      return text
    }
    default: {
      const text = `${value as string | number | bigint | boolean}`
      if (text.includes('\0')) throw unfit(column, 'has a NUL character in it')
      return text
    }
  }
}

/** What to select, so that `fromSql` can read it whatever the session's settings are. */
export function selected(column: ReportColumn, name: string): string {
  if (column.type === 'timestamp') return `round(extract(epoch FROM ${name}) * 1000)::bigint`
  if (column.type === 'date') return `${name} - DATE '1970-01-01'`
  return name
}

/** The way back. NULL is null in a nullable column that the row does not wait for, else not set. */
export function fromSql(column: ReportColumn, value: string | null, waiting: readonly string[]): ColumnValue {
  if (value === null) return column.nullable && !waiting.includes(column.name) ? null : undefined
  switch (column.type) {
    case 'integer':
    case 'real':
      return Number(value)
    case 'bigint':
      return BigInt(value)
    case 'boolean':
      return value === 't'
    case 'timestamp':
      return new Date(Number(value))
    case 'date':
      return new Date(Number(value) * MS_PER_DAY).toISOString().slice(0, 10)
    case 'json':
      return JSON.parse(value)
    default:
      return value
  }
}

/** `"name"`, with quotes inside doubled: any name is safe. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Years before 1 are written with BC, and there is no year 0: 0000 is 1 BC. */
function timestampText(column: ReportColumn, date: Date): string {
  if (date.getTime() < FIRST_MS) throw unfit(column, 'is before 4714 BC')
  const [, sign, year = '', rest = ''] = /^([+-]?)(\d+)-(.*)Z$/u.exec(date.toISOString()) ?? []
  const isBc = sign === '-' || year === '0000'
  if (!isBc) return `${year}-${rest}+00`
  return `${String(Number(year) + 1).padStart(4, '0')}-${rest}+00 BC`
}

function unfit(column: ReportColumn, problem: string): DemetraError {
  return new DemetraError(`A value of the column '${column.name}' ${problem}, which PostgreSQL cannot hold`, {
    code: 'DEMETRA_REPORT_VALUE',
    exitCode: EXIT.failed,
    hints: ['Let the projection write another value, or keep this report in SQLite'],
    context: { column: column.name },
  })
}
