import { randomUUID } from 'node:crypto'
import { DemetraError, EXIT } from '../errors.ts'

interface ClientMeta {
  service: string
  type: string
  /** When it happened; left out: now. Text is RFC 3339. */
  created_at?: string | Date
  aggregate_id: string
  correlation_id?: string
}

/** An event as a producer gives it, its own or what a definition of `defineEvent` returns. */
export interface ClientEvent {
  /** UUID, the key of delivery at least once; left out: a new random one. */
  id?: string
  /** The first by itself is for interfaces of a producer's own, which have no index. */
  meta: ClientMeta | (ClientMeta & { [extra: string]: unknown })
  payload: object
}

/** What is sent, as often as it takes: always the same bytes. */
export interface EventText {
  id: string
  aggregate: string
  text: string
}

/** What an event may be long, as Demetra takes it. */
const MOST_BYTES = 16 * 1024 * 1024

/** Throws DemetraError where it is none: nobody would ever take it. */
export function eventText(event: ClientEvent, nowMs: number): EventText {
  const { id = randomUUID(), meta, payload } = event
  const aggregate = (meta as Partial<ClientEvent['meta']> | undefined)?.aggregate_id
  if (typeof aggregate !== 'string' || aggregate === '') {
    throw invalid("it has no 'meta.aggregate_id', by which events are kept in order")
  }
  if (typeof id !== 'string') throw invalid(`its 'id' is a ${typeof id}, expected the text of a UUID`)
  let text: string
  try {
    const { service, type, created_at = new Date(nowMs), ...others } = meta
    text = JSON.stringify({ id, meta: { service, type, created_at, ...others }, payload }, exactly)
  } catch (error) {
    throw invalid(`it cannot be written as JSON: ${(error as Error).message}`)
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_BYTES) throw invalid(`it is ${bytes} bytes long, expected at most ${MOST_BYTES}`)
  return { id, aggregate, text }
}

/** Long integers as JSON writes them; TypeScript's library does not know JSON.rawJSON yet. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint'
    ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value))
    : value
}

function invalid(what: string): DemetraError {
  return new DemetraError(`This is no event: ${what}`, {
    code: 'DEMETRA_EVENT_INVALID',
    exitCode: EXIT.failed,
    hints: ['An event is { meta: { service, type, aggregate_id }, payload }'],
  })
}
