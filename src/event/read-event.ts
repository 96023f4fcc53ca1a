import { assembleEvent, EventError, readTime, show, type ExtraMember } from './assemble.ts'
import { canonicalExact, canonicalPlain } from './canonical.ts'
import type { NewEvent } from './event.ts'
import { kindName, writeExact, type ExactJson, type ExactObject } from './exact-json.ts'
import type { ReadPayload } from './payload.ts'
import { readOwnLine } from './own-line.ts'
import { parsePosition } from './position.ts'
import { readExact } from './read-exact.ts'

export interface ReadEventOptions {
  /** Milliseconds since 1970: when Demetra takes it in. */
  receivedAt: number
  /** `import --full`: keep the position and received_at that the text carries. */
  full?: boolean
  /** Refuse members of `meta` that Demetra does not know. */
  strict?: boolean
  /** Reads `created_at` where times without an offset are taken too; throws EventError. */
  readTime?: (text: string) => number
}

const KNOWN_META = new Set(['service', 'type', 'created_at', 'received_at', 'aggregate_id', 'correlation_id'])
/** What the service keeps of a CloudEvent, `strict` or not: what comes in has to come back in from an export. */
const CLOUDEVENT = 'cloudevent'
const KNOWN_TOP = new Set(['id', 'position', 'meta', 'payload'])

/**
 * One event in its JSON form, `{"id", "meta", "payload"}`, exactly. Throws EventError: `invalid-json`,
 * `duplicate-key`, `nul-in-key`, `lone-surrogate`, `nesting`, `invalid-id`, `invalid-envelope`,
 * `invalid-time`, `invalid-payload`, `unknown-member`, `event-too-large`.
 *
 * Three ways, one result (compared in test/properties): the form that `export` writes is cut apart by position;
 * a text that JSON.stringify gives back unchanged lost nothing in JSON.parse, and is taken from there; any
 * other is read exactly.
 */
export function readEvent(text: string, options: ReadEventOptions): NewEvent {
  const { full, readTime: readsTime, receivedAt } = options
  const own = full === true || readsTime !== undefined ? null : readOwnLine(text, receivedAt)
  return own ?? readPlain(text, options) ?? readExactly(text, options)
}

interface PlainEvent {
  id?: unknown
  position?: unknown
  meta?: Record<string, unknown>
  payload?: object
}

function readPlain(text: string, options: ReadEventOptions): NewEvent | null {
  // escapes may hide what JSON.stringify gives back unchanged: lone surrogates, a NUL in a key
  if (text.includes('\\u')) return null
  let value: PlainEvent
  let payload: string
  try {
    value = JSON.parse(text) as PlainEvent
    if (value === null || typeof value.id !== 'string' || !isObject(value.meta) || !isObject(value.payload))
      return null
    payload = JSON.stringify(value.payload)
    const position = typeof value.position === 'string' ? `"position":"${value.position}",` : ''
    if (text !== `{"id":"${value.id}",${position}"meta":${JSON.stringify(value.meta)},"payload":${payload}}`)
      return null
  } catch {
    return null
  }
  const canonicalPayload = canonicalPlain(value.payload)
  if (canonicalPayload === null) return null
  const meta = value.meta
  const extra: ExtraMember[] = []
  for (const key of Object.keys(meta)) {
    if (KNOWN_META.has(key)) continue
    const canonical = canonicalPlain(meta[key])
    if (canonical === null) return null
    extra.push({ key, text: JSON.stringify(meta[key]), canonical })
  }
  return assemble(
    value.id,
    value.position,
    (key) => (Object.hasOwn(meta, key) ? meta[key] : undefined),
    extra,
    options,
    {
      payload,
      canonicalPayload,
    },
  )
}

function readExactly(text: string, options: ReadEventOptions): NewEvent {
  const top = parseObject(text)
  for (const key of top.members.keys()) {
    if (!KNOWN_TOP.has(key)) {
      throw new EventError(
        'unknown-member',
        `${show(key)}: an event has the members id, meta and payload only`,
      )
    }
  }
  const meta = top.members.get('meta')
  if (!isExactObject(meta))
    throw new EventError('invalid-envelope', `meta: expected an object, got ${shown(meta)}`)
  const payload = top.members.get('payload')
  if (!isExactObject(payload))
    throw new EventError('invalid-payload', `payload: expected an object, got ${kindName(payload)}`)
  const extra: ExtraMember[] = []
  for (const [key, member] of meta.members) {
    if (!KNOWN_META.has(key)) extra.push({ key, text: writeExact(member), canonical: canonicalExact(member) })
  }
  return assemble(
    plain(top.members.get('id')),
    plain(top.members.get('position')),
    (key) => plain(meta.members.get(key)),
    extra,
    options,
    {
      payload: writeExact(payload),
      canonicalPayload: canonicalExact(payload),
    },
  )
}

function assemble(
  id: unknown,
  position: unknown,
  meta: (key: string) => unknown,
  extra: ExtraMember[],
  options: ReadEventOptions,
  payload: ReadPayload,
): NewEvent {
  if (options.strict === true) refuseUnknown(extra)
  const full = options.full === true
  return assembleEvent({
    id,
    service: meta('service'),
    type: meta('type'),
    createdAt: createdAt(meta('created_at'), options),
    receivedAt: full ? readTime(meta('received_at'), 'meta.received_at') : options.receivedAt,
    aggregateId: meta('aggregate_id'),
    correlationId: meta('correlation_id'),
    extra,
    ...payload,
    position: full ? readPosition(position) : null,
  })
}

/** With `strict`. Throws EventError. */
export function refuseUnknown(extra: readonly ExtraMember[]): void {
  const unknown = extra.find(({ key }) => key !== CLOUDEVENT)
  if (unknown === undefined) return
  throw new EventError(
    'unknown-member',
    `meta.${unknown.key}: not a member of the envelope, and strict is set`,
  )
}

function createdAt(value: unknown, options: ReadEventOptions): unknown {
  return typeof value === 'string' && options.readTime !== undefined ? options.readTime(value) : value
}

function readPosition(value: unknown): bigint {
  const position = typeof value === 'string' ? parsePosition(value) : null
  if (position === null) {
    throw new EventError(
      'invalid-position',
      `position: expected the position that export --full wrote, got ${show(value)}`,
    )
  }
  return position
}

function parseObject(text: string): ExactObject {
  // the payload is one level down
  const value = readExact(text, { levels: 1 })
  if (!isExactObject(value))
    throw new EventError(
      'invalid-envelope',
      `expected an event, {"id", "meta", "payload"}, got ${kindName(value)}`,
    )
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isExactObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && value.kind === 'object'
}

/** For checks and messages: what is not a plain value comes as something no check takes. */
function plain(value: ExactJson | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  return value.kind === 'number' ? Number(value.text) : value.kind === 'array' ? [] : {}
}

function shown(value: ExactJson | undefined): string {
  return show(plain(value))
}
