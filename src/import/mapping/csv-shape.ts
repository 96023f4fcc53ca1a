import { EventError, show } from '../../event/assemble.ts'
import { byUtf16, canonicalNumber } from '../../event/canonical.ts'
import { quote } from '../../event/exact-json.ts'
import { readPayload } from '../../event/payload.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import { didYouMean } from '../../text/did-you-mean.ts'
import type { RecordShape, RestOptions } from './record-shape.ts'
import { JSON_NUMBER } from './record-shape.ts'

type Fields = readonly string[]

interface Column {
  index: number
  name: string
  /** The key in JSON, with quotes and colon. */
  key: string
  isNumber: boolean
}

/** The columns of a CSV header as a record shape. */
export function csvShape(columns: readonly string[]): RecordShape<Fields> {
  const indexes = new Map(columns.map((name, index) => [name, index]))
  const index = (name: string, flag: string): number => {
    const found = indexes.get(name)
    if (found === undefined) throw unknownColumn(name, flag, columns)
    return found
  }
  const sorted = toColumns(columns, new Set()).toSorted((a, b) => byUtf16(a.name, b.name))

  return {
    read(record) {
      return record.fields ?? []
    },
    text(column, flag) {
      const at = index(column, flag)
      return (fields) => fields[at]
    },
    rest(options) {
      for (const name of options.without) index(name, '--drop')
      for (const name of options.numbers) index(name, '--number')
      return columnsPayload(columns, options)
    },
    payload(column, flag) {
      const at = index(column, flag)
      return (fields) => readPayload(fields[at] ?? '', column)
    },
    canonical(fields) {
      let text = ''
      for (const column of sorted)
        text += `${text === '' ? '' : ','}${column.key}${quote(fields[column.index] ?? '')}`
      return `{${text}}`
    },
    values(fields, empty) {
      const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>
      for (const column of sorted) {
        const value = fields[column.index] ?? ''
        if (value !== '' || empty === 'keep') values[column.name] = value
      }
      return values
    },
  }
}

/** The flat payload of some columns: its keys are known, so text and canonical form are written straight away. */
export function columnsPayload(
  columns: readonly string[],
  options: RestOptions,
  keyOf = (name: string) => name,
) {
  const without = new Set(options.without)
  const kept = toColumns(columns, new Set(options.numbers))
    .filter((column) => !without.has(column.name))
    .map((column) => ({ ...column, key: `${quote(keyOf(column.name))}:` }))
  const byKey = [...kept].toSorted((a, b) => byUtf16(keyOf(a.name), keyOf(b.name)))
  const keepsEmpty = options.empty === 'keep'

  return (fields: Fields) => {
    let payload = ''
    for (const column of kept) {
      const text = fields[column.index] ?? ''
      if (text === '' && !(keepsEmpty && !column.isNumber)) continue
      payload += `${payload === '' ? '' : ','}${column.key}${column.isNumber ? numberText(text, column.name) : quote(text)}`
    }
    let canonical = ''
    for (const column of byKey) {
      const text = fields[column.index] ?? ''
      if (text === '' && !(keepsEmpty && !column.isNumber)) continue
      canonical += `${canonical === '' ? '' : ','}${column.key}${column.isNumber ? canonicalNumber(text.trim()) : quote(text)}`
    }
    return { payload: `{${payload}}`, canonicalPayload: `{${canonical}}` }
  }
}

function toColumns(columns: readonly string[], numbers: ReadonlySet<string>): Column[] {
  return columns.map((name, index) => ({ index, name, key: `${quote(name)}:`, isNumber: numbers.has(name) }))
}

/** Throws EventError where the text is no JSON number. */
export function numberText(text: string, column: string): string {
  const number = text.trim()
  if (JSON_NUMBER.test(number)) return number
  throw new EventError('not-a-number', `${column}: expected a number like 12.50, got ${show(text)}`)
}

export function unknownColumn(name: string, flag: string, columns: readonly string[]): DemetraError {
  return new DemetraError(
    `${flag}: the source has no column ${JSON.stringify(name)}${didYouMean(name, columns)}`,
    {
      code: 'DEMETRA_UNKNOWN_COLUMN',
      exitCode: EXIT.usage,
      hints: [`Its columns are: ${columns.join(', ')}`],
      context: { column: name },
    },
  )
}
