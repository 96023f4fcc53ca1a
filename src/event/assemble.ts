import { byUtf16 } from './canonical.ts'
import type { NewEvent } from './event.ts'
import { quote } from './exact-json.ts'
import { hash16 } from './hash.ts'
import { formatTime, parseRfc3339 } from './time.ts'
import { formatUuid, parseUuid } from './uuid.ts'

/** Why something that came in cannot become an event. `code` is stable, kebab-case. */
export class EventError extends Error {
  override readonly name = 'EventError'
  readonly code: string
  /** Of a payload that does not fit: each thing that is wrong. */
  readonly issues: readonly EventIssue[] | undefined

  /** By name: in a build some adapters stand in files of their own, with a class of their own. */
  static override [Symbol.hasInstance](value: unknown): value is EventError {
    return value instanceof Error && value.name === 'EventError'
  }

  constructor(code: string, message: string, issues?: readonly EventIssue[]) {
    super(message)
    this.code = code
    this.issues = issues
  }
}

/** `path` from the event on, `payload.items[0].amount`. */
export interface EventIssue {
  path: string
  message: string
}

/** The parts of an event as they came in, not yet checked but for the payload. */
export interface EventParts {
  /** Text, or 16 bytes where it was derived. */
  id: unknown
  service: unknown
  type: unknown
  /** RFC 3339 text, or milliseconds since 1970 where it was parsed before. */
  createdAt: unknown
  receivedAt: number
  aggregateId: unknown
  correlationId: unknown
  extra: readonly ExtraMember[]
  payload: string
  canonicalPayload: string
  position: bigint | null
}

/** A further member of `meta`, as it came and in canonical form. */
export interface ExtraMember {
  key: string
  text: string
  canonical: string
}

/** BSON's limit for a document, and so the limit of an event in every store. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/** What RFC 3339 can say: its years have four digits. */
const FIRST_TIME = Date.UTC(-1, 12)
const LAST_TIME = Date.UTC(10_000, 0) - 1

/** Checks the envelope and computes the digest. Throws EventError naming the member and what was expected. */
export function assembleEvent(parts: EventParts): NewEvent {
  const id =
    parts.id instanceof Uint8Array ? parts.id : typeof parts.id === 'string' ? parseUuid(parts.id) : null
  if (id === null) throw new EventError('invalid-id', `id: expected a UUID, got ${show(parts.id)}`)
  const service = requiredText(parts.service, 'meta.service')
  const type = requiredText(parts.type, 'meta.type')
  const createdAt =
    typeof parts.createdAt === 'number' ? parts.createdAt : readTime(parts.createdAt, 'meta.created_at')
  if (createdAt < FIRST_TIME || createdAt > LAST_TIME) {
    throw new EventError('invalid-time', 'meta.created_at: expected a time in the years 0000 to 9999, in UTC')
  }
  const aggregateId = requiredText(parts.aggregateId, 'meta.aggregate_id')
  const correlationId =
    parts.correlationId === undefined || parts.correlationId === null
      ? null
      : requiredText(parts.correlationId, 'meta.correlation_id')

  const event: NewEvent = {
    id,
    service,
    type,
    createdAt,
    receivedAt: parts.receivedAt,
    aggregateId,
    correlationId,
    metaExtra:
      parts.extra.length === 0 ? null : `{${parts.extra.map((m) => `${quote(m.key)}:${m.text}`).join(',')}}`,
    payload: parts.payload,
    digest: digestOf(id, service, type, createdAt, aggregateId, correlationId, parts),
    position: parts.position,
  }
  // a UTF-16 unit is at most 3 bytes of UTF-8: most events need no exact count
  if ((event.payload.length + (event.metaExtra?.length ?? 0)) * 3 > MAX_EVENT_BYTES - 65_536) checkSize(event)
  return event
}

/** DESIGN: SHA-256 of the canonical `{"id","meta","payload"}` without received_at, cut to 16 bytes. */
function digestOf(
  id: Uint8Array,
  service: string,
  type: string,
  createdAt: number,
  aggregateId: string,
  correlationId: string | null,
  parts: EventParts,
): Uint8Array {
  const aggregate = `"aggregate_id":${quote(aggregateId)}`
  const correlation = correlationId === null ? '' : `"correlation_id":${quote(correlationId)}`
  const created = `"created_at":"${timeText(parts.createdAt, createdAt)}"`
  const rest = [`"service":${quote(service)}`, `"type":${quote(type)}`]
  let meta: string
  if (parts.extra.length === 0) {
    meta = `${aggregate},${correlation === '' ? '' : `${correlation},`}${created},${rest[0]},${rest[1]}`
  } else {
    const members: [string, string][] = [
      ['aggregate_id', aggregate],
      ['created_at', created],
      ['service', rest[0] as string],
      ['type', rest[1] as string],
    ]
    if (correlation !== '') members.push(['correlation_id', correlation])
    for (const { key, canonical } of parts.extra) members.push([key, `${quote(key)}:${canonical}`])
    members.sort((a, b) => byUtf16(a[0], b[0]))
    meta = members.map(([, text]) => text).join(',')
  }
  const idText = typeof parts.id === 'string' ? parts.id.toLowerCase() : formatUuid(id)
  const canonical = `{"id":"${idText}","meta":{${meta}},"payload":${parts.canonicalPayload}}`
  return hash16('sha256', canonical)
}

/** Of a valid time: mostly it came in the very form in which it is written. */
function timeText(given: unknown, timeMs: number): string {
  return typeof given === 'string' && given.length === 24 && given[10] === 'T' && given[23] === 'Z'
    ? given
    : formatTime(timeMs)
}

function requiredText(value: unknown, member: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new EventError('invalid-envelope', `${member}: expected a text that is not empty, got ${show(value)}`)
}

/** Throws EventError where `value` is not an RFC 3339 time with an offset. */
export function readTime(value: unknown, member: string): number {
  const time = typeof value === 'string' ? parseRfc3339(value) : null
  if (time !== null) return time
  const lacksZone = typeof value === 'string' && parseRfc3339(`${value}Z`) !== null
  throw new EventError(
    'invalid-time',
    lacksZone
      ? `${member}: ${show(value)} has no zone; expected an offset, as in 2016-01-01T12:00:00.000Z`
      : `${member}: expected a time like 2016-01-01T12:00:00.000Z, got ${show(value)}`,
  )
}

function checkSize(event: NewEvent): void {
  const bytes = Buffer.byteLength(event.payload) + Buffer.byteLength(event.metaExtra ?? '') + 1024
  if (bytes > MAX_EVENT_BYTES) {
    throw new EventError(
      'event-too-large',
      `the event has about ${bytes} bytes; at most ${MAX_EVENT_BYTES} can be kept`,
    )
  }
}

/** A value for a message: short, never a whole payload. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'object' && value !== null
      ? Array.isArray(value)
        ? 'an array'
        : 'an object'
      : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
