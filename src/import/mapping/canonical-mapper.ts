import { assembleEvent, EventError, readTime, show, type ExtraMember } from '../../event/assemble.ts'
import { canonicalExact } from '../../event/canonical.ts'
import { parseExact, quote, writeExact, type ExactJson, type ExactObject } from '../../event/exact-json.ts'
import { payloadOf, readPayload, type ReadPayload } from '../../event/payload.ts'
import { parsePosition } from '../../event/position.ts'
import { readEvent, refuseUnknown } from '../../event/read-event.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import { columnsPayload, numberText, unknownColumn } from './csv-shape.ts'
import type { EmptyFields, RecordMapper } from './mapper.ts'

export interface CanonicalOptions {
  receivedAt: number
  full: boolean
  strict: boolean
  /** CSV: columns whose text becomes a number, and what becomes of empty fields of the payload. */
  numbers: readonly string[]
  empty: EmptyFields | undefined
  /** Left out: times need an offset. */
  readTime?: (text: string) => number
}

const WITHOUT_STATE = { derivesIds: false, identical: 0, close() {} } as const

/** Events in Demetra's own JSON form: the lines of `export`, the elements of an array. */
export function canonicalJsonMapper(options: CanonicalOptions): RecordMapper {
  return {
    ...WITHOUT_STATE,
    map: (record) => [readEvent((record.bytes as Buffer).toString('utf8'), options)],
  }
}

const ENVELOPE = ['id', 'meta.service', 'meta.type', 'meta.created_at', 'meta.aggregate_id'] as const
const OPTIONAL = ['position', 'meta.received_at', 'meta.correlation_id', 'meta', 'payload'] as const

/** Whether a CSV header is in Demetra's own form: dotted names of the envelope. */
export function isCanonicalHeader(columns: readonly string[]): boolean {
  return ENVELOPE.every((name) => columns.includes(name))
}

/**
 * Events in Demetra's own CSV form: dotted headers; the payload as one column of JSON text, or a column for
 * each of its members (`payload.amount`); the same for further members of `meta`.
 */
export function canonicalCsvMapper(columns: readonly string[], options: CanonicalOptions): RecordMapper {
  const index = new Map(columns.map((name, i) => [name, i]))
  const known = new Set<string>([...ENVELOPE, ...OPTIONAL])
  const members = columns.filter((name) => name.startsWith('payload.'))
  const extras = columns.filter((name) => name.startsWith('meta.') && !known.has(name))
  const unknown = columns.find(
    (name) => !known.has(name) && !members.includes(name) && !extras.includes(name),
  )
  if (unknown !== undefined) throw badHeader(`the column ${show(unknown)} is no part of an event`)
  if (index.has('payload') && members.length > 0) throw badHeader('it has both payload and payload.… columns')

  const noNumber = options.numbers.find((name) => !members.includes(name))
  if (noNumber !== undefined) throw unknownColumn(noNumber, '--number', members)

  const field = (fields: readonly string[], name: string): string => fields[index.get(name) ?? -1] ?? ''
  const payload = index.has('payload')
    ? (fields: readonly string[]) => readPayload(field(fields, 'payload'), 'payload')
    : membersPayload(columns, members, options)

  return {
    ...WITHOUT_STATE,
    map(record) {
      const fields = record.fields as string[]
      const extra = extraMembers(field(fields, 'meta'))
      for (const name of extras) {
        const text = quote(field(fields, name))
        if (text !== '""') extra.push({ key: name.slice('meta.'.length), text, canonical: text })
      }
      if (options.strict) refuseUnknown(extra)
      const position = options.full ? parsePosition(field(fields, 'position')) : null
      if (options.full && position === null)
        throw new EventError('invalid-position', 'position: expected what export --full wrote')
      return [
        assembleEvent({
          id: field(fields, 'id'),
          service: field(fields, 'meta.service'),
          type: field(fields, 'meta.type'),
          createdAt: options.readTime?.(field(fields, 'meta.created_at')) ?? field(fields, 'meta.created_at'),
          receivedAt: options.full
            ? readTime(field(fields, 'meta.received_at'), 'meta.received_at')
            : options.receivedAt,
          aggregateId: field(fields, 'meta.aggregate_id'),
          correlationId: field(fields, 'meta.correlation_id') || null,
          extra,
          ...payload(fields),
          position,
        }),
      ]
    },
  }
}

/** The `meta` column: the further members as one JSON object, as `export --format csv` writes them. */
function extraMembers(text: string): ExtraMember[] {
  if (text === '') return []
  const { payload } = readPayload(text, 'meta')
  return [...(parseExact(payload) as ExactObject).members].map(([key, value]) => ({
    key,
    text: writeExact(value),
    canonical: canonicalExact(value),
  }))
}

/** A payload from columns: flat where all names are `payload.x`, nested where some are `payload.x.y`. */
function membersPayload(
  columns: readonly string[],
  members: readonly string[],
  options: CanonicalOptions,
): (fields: readonly string[]) => ReadPayload {
  const { numbers, empty } = options
  const pathOf = (name: string): string => name.slice('payload.'.length)
  if (members.every((name) => !pathOf(name).includes('.'))) {
    const without = columns.filter((name) => !members.includes(name))
    return columnsPayload(columns, { without, numbers, empty }, pathOf)
  }
  const clash = members.find((name) => members.some((other) => other.startsWith(`${name}.`)))
  if (clash !== undefined) throw badHeader(`the column ${show(clash)} is both a value and an object`)
  const paths = members.map((name) => ({ name, index: columns.indexOf(name), path: pathOf(name).split('.') }))
  return (fields) => {
    const root: ExactObject = { kind: 'object', members: new Map() }
    for (const { name, index, path } of paths) {
      const text = fields[index] ?? ''
      const isNumber = numbers.includes(name)
      if (text === '' && (empty !== 'keep' || isNumber)) continue
      setAt(root, path, isNumber ? { kind: 'number', text: numberText(text, name) } : text)
    }
    return payloadOf(root, 'payload')
  }
}

function setAt(root: ExactObject, path: readonly string[], value: ExactJson): void {
  let object = root
  for (const key of path.slice(0, -1)) {
    let next = object.members.get(key) as ExactObject | undefined
    if (next === undefined) object.members.set(key, (next = { kind: 'object', members: new Map() }))
    object = next
  }
  object.members.set(path.at(-1) as string, value)
}

function badHeader(what: string): DemetraError {
  return new DemetraError(`The header looks like Demetra's own, but ${what}`, {
    code: 'DEMETRA_CANONICAL_HEADER',
    exitCode: EXIT.usage,
    hints: [
      `Expected ${ENVELOPE.join(', ')}, and the payload as one column of JSON text or as payload.… columns`,
    ],
  })
}
