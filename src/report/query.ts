import { DemetraError, EXIT } from '../errors.ts'
import type { ColumnType, ColumnValue, ReportColumn } from '../report-store/report-column.ts'
import type { ReportCondition, ReportQuery } from '../report-store/report-store.ts'
import { didYouMean } from '../text/did-you-mean.ts'

const CONDITION = /^\s*([^=!<>]+?)\s*(!=|<=|>=|=|<|>)(.*)$/su

/** `--where 'amount>=10'`: a condition; `column=` alone asks for rows where it is not set. */
export function parseWhere(text: string, columns: readonly ReportColumn[]): ReportCondition {
  const match = CONDITION.exec(text)
  if (match === null) {
    throw usage(
      `--where '${text}' is no condition`,
      'write it as `--where country=IT` or `--where "amount>=10"`',
    )
  }
  const [, name = '', comparison = '=', value = ''] = match
  const column = findColumn(name, columns, '--where')
  return {
    column: column.name,
    comparison: comparison as ReportCondition['comparison'],
    value: parseValue(value.trim(), column, comparison),
  }
}

/** `--why country=IT,day=2016-01-01`: the values of the key columns, in their order. */
export function parseKey(text: string, columns: readonly ReportColumn[]): ColumnValue[] {
  const keys = columns.filter(({ key }) => key)
  const example = keys.map(({ name, type }) => `${name}=${EXAMPLES[type]}`).join(',')
  const values = new Map<string, ColumnValue>()
  // one column may hold commas itself
  for (const part of keys.length === 1 ? [text] : text.split(/,(?=[^,=]+=)/u)) {
    const [, name = '', value = ''] = /^\s*([^=]+?)\s*=(.*)$/su.exec(part) ?? []
    const column = findColumn(name, keys, '--why')
    values.set(column.name, parseValue(value.trim(), column, '='))
  }
  const missing = keys.find(({ name }) => !values.has(name))
  if (missing !== undefined) {
    throw usage(`--why '${text}' does not say '${missing.name}'`, `write it as \`--why ${example}\``)
  }
  return keys.map(({ name }) => values.get(name))
}

/** `--order country,amount:desc`. */
export function parseOrder(
  text: string,
  columns: readonly ReportColumn[],
): NonNullable<ReportQuery['order']> {
  return text.split(',').map((part) => {
    const [, name = '', direction] = /^\s*(.*?)(?::(asc|desc))?\s*$/su.exec(part) ?? []
    return { column: findColumn(name, columns, '--order').name, descending: direction === 'desc' }
  })
}

export function findColumn(name: string, columns: readonly ReportColumn[], flag: string): ReportColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column !== undefined) return column
  const names = columns.map((candidate) => candidate.name)
  throw usage(
    `${flag}: the report has no column '${name}'${didYouMean(name, names)}`,
    `there are ${names.join(', ')}`,
  )
}

function parseValue(text: string, column: ReportColumn, comparison: string): ColumnValue {
  if (text === '' && column.type !== 'text') return null
  const value = PARSERS[column.type](text)
  if (value !== undefined) return value
  throw usage(
    `--where ${column.name}${comparison}${text}: '${text}' is no ${column.type}`,
    `write it as \`--where ${column.name}${comparison}${EXAMPLES[column.type]}\``,
  )
}

const EXAMPLES: Readonly<Record<ColumnType, string>> = {
  text: 'IT',
  integer: '42',
  bigint: '42',
  real: '4.2',
  boolean: 'true',
  timestamp: '2016-01-01T12:00:00Z',
  date: '2016-01-01',
  decimal: '4.20',
  json: '{"a":1}',
}

/** From text to the column's own value; undefined: it is none. */
const PARSERS: Readonly<Record<ColumnType, (text: string) => ColumnValue>> = {
  text: (text) => text,
  integer: (text) => (/^-?\d+$/u.test(text) ? Number(text) : undefined),
  bigint: (text) => (/^-?\d+$/u.test(text) ? BigInt(text) : undefined),
  real: (text) => (Number.isFinite(Number(text)) ? Number(text) : undefined),
  boolean: (text) => ({ true: true, false: false })[text],
  timestamp: (text) => {
    const dateOnly = /^\d{4}-\d{2}-\d{2}$/u.test(text)
    const withZone = /^\d{4}-\d{2}-\d{2}[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/u.test(text)
    const date = dateOnly || withZone ? new Date(text) : new Date(Number.NaN)
    return Number.isNaN(date.getTime()) ? undefined : date
  },
  date: (text) => (/^\d{4}-\d{2}-\d{2}$/u.test(text) ? text : undefined),
  decimal: (text) => (/^-?\d+(?:\.\d+)?$/u.test(text) ? text : undefined),
  json: (text) => {
    try {
      return JSON.parse(text) as ColumnValue
    } catch {
      return undefined
    }
  },
}

function usage(message: string, hint: string): DemetraError {
  return new DemetraError(message, { code: 'DEMETRA_USAGE', exitCode: EXIT.usage, hints: [hint] })
}
