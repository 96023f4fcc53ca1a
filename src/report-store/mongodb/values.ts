import { Decimal128, Double, Long } from 'mongodb'
import { DemetraError, EXIT } from '../../errors.ts'
import type { ColumnValue, ReportColumn } from '../report-column.ts'
import { plainDecimal } from './decimal-text.ts'
import { fitsDocument } from './json-value.ts'

const MAX_LONG = 2n ** 63n - 1n

/** A nested value that is kept as text. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * A column's value as a document keeps it, with the database's own types; undefined: the field is left out. Throws
 * DEMETRA_REPORT_VALUE.
 */
export function toBson(column: ReportColumn, value: ColumnValue): unknown {
  if (value === undefined) return undefined
  if (value === null) return column.nullable || column.type === 'json' ? null : undefined
  switch (column.type) {
    case 'integer':
      return Number.isSafeInteger(value) ? Long.fromNumber(value as number) : new Double(value as number)
    case 'bigint':
      return longOf(column, value as bigint)
    case 'real':
      return new Double(value as number)
    case 'decimal':
      return decimalOf(column, value as string)
    case 'json':
      return jsonOf(value)
    default:
      return value
  }
}

/** The way back; numbers come from the driver as numbers where they are safe. */
export function fromBson(column: ReportColumn, value: unknown, isText: boolean): ColumnValue {
  if (value === undefined || value === null) return value
  switch (column.type) {
    case 'integer':
    case 'real':
      return value instanceof Long ? value.toNumber() : Number(value)
    case 'bigint':
      return toBigInt(value as number | Long)
    case 'decimal':
      return plainDecimal((value as Decimal128).toString())
    case 'json':
      return isText ? JSON.parse(value as string) : value
    default:
      return value
  }
}

export function toBigInt(value: number | Long): bigint {
  return typeof value === 'number' ? BigInt(value) : value.toBigInt()
}

function longOf(column: ReportColumn, value: bigint): Long {
  if (value > MAX_LONG || value < -MAX_LONG - 1n) throw unfit(column, 'has more than 64 bits')
  return Long.fromBigInt(value)
}

function decimalOf(column: ReportColumn, value: string): Decimal128 {
  try {
    return Decimal128.fromString(value)
  } catch {
    throw unfit(column, 'has more than 34 digits')
  }
}

function jsonOf(value: unknown): unknown {
  const text = JSON.stringify(value)
  const plain: unknown = JSON.parse(text)
  return fitsDocument(plain) ? plain : new JsonText(text)
}

function unfit(column: ReportColumn, problem: string): DemetraError {
  return new DemetraError(`A value of the column '${column.name}' ${problem}, which MongoDB cannot hold`, {
    code: 'DEMETRA_REPORT_VALUE',
    exitCode: EXIT.failed,
    hints: ['Let the projection write another value, or keep this report in SQLite or PostgreSQL'],
    context: { column: column.name },
  })
}
