import { EventError, show } from '../../event/assemble.ts'
import { canonicalExact } from '../../event/canonical.ts'
import { writeExact, type ExactJson, type ExactObject } from '../../event/exact-json.ts'
import { payloadOf } from '../../event/payload.ts'
import { readExact } from '../../event/read-exact.ts'
import type { RecordShape } from './record-shape.ts'
import { JSON_NUMBER } from './record-shape.ts'
import { parseBigIntegers } from '../../event/big-integers.ts'

/** A path into a JSON record: a member of that very name, else one member inside another (`customer.id`). */
type Path = readonly string[]

/** Objects of NDJSON and JSON arrays as a record shape. */
export const jsonShape: RecordShape<ExactObject> = {
  read(record) {
    const text = (record.bytes as Buffer).toString('utf8')
    const value = readExact(text)
    if (!isObject(value)) throw new EventError('invalid-record', 'expected a JSON object')
    return value
  },
  text(column) {
    return (record) => textOf(find(record, column), column)
  },
  rest(options) {
    return (record) => {
      let rest = record
      for (const column of options.without) rest = replace(rest, pathIn(rest, column), () => undefined)
      for (const column of options.numbers)
        rest = replace(rest, pathIn(rest, column), (value) => toNumber(value, column))
      if (options.empty === 'absent') rest = withoutEmpty(rest)
      return payloadOf(rest, 'record')
    }
  },
  payload(column) {
    return (record) => payloadOf(find(record, column), column)
  },
  canonical: canonicalExact,
  values(record, empty) {
    return parseBigIntegers(writeExact(empty === 'absent' ? withoutEmpty(record) : record)) as Record<
      string,
      unknown
    >
  },
}

function find(record: ExactObject, column: string): ExactJson | undefined {
  let value: ExactJson | undefined = record
  for (const key of pathIn(record, column)) value = isObject(value) ? value.members.get(key) : undefined
  return value
}

function pathIn(record: ExactObject, column: string): Path {
  return record.members.has(column) ? [column] : column.split('.')
}

function textOf(value: ExactJson | undefined, column: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  if (typeof value === 'boolean') return String(value)
  if (value.kind === 'number') return value.text
  throw new EventError('not-a-text', `${column}: expected a text, got an ${value.kind}`)
}

/** A copy with the value at a path replaced, or left out for undefined. */
function replace(
  object: ExactObject,
  path: Path,
  by: (value: ExactJson) => ExactJson | undefined,
): ExactObject {
  const [key, ...deeper] = path
  const value = key === undefined ? undefined : object.members.get(key)
  if (key === undefined || value === undefined) return object
  const replaced = deeper.length === 0 ? by(value) : isObject(value) ? replace(value, deeper, by) : value
  const members = new Map(object.members)
  if (replaced === undefined) members.delete(key)
  else members.set(key, replaced)
  return { kind: 'object', members }
}

function toNumber(value: ExactJson, column: string): ExactJson {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (!JSON_NUMBER.test(text))
    throw new EventError('not-a-number', `${column}: expected a number like 12.50, got ${show(value)}`)
  return { kind: 'number', text }
}

function withoutEmpty(object: ExactObject): ExactObject {
  return { kind: 'object', members: new Map([...object.members].filter(([, value]) => value !== '')) }
}

function isObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && value.kind === 'object'
}
