import { parseBigIntegers } from './big-integers.ts'
import type { NewEvent, StoredEvent } from './event.ts'
import { formatUuid } from './uuid.ts'

/** The envelope as handlers and upcasters see it; members of `meta` that Demetra does not know are beside it. */
export interface EventMeta<Type extends string = string> {
  readonly service: string
  readonly type: Type
  readonly created_at: Date
  readonly received_at: Date
  readonly aggregate_id: string
  readonly correlation_id?: string
  readonly [extra: string]: unknown
}

/** An event as handlers see it: times as Date, integers beyond 2^53 as bigint. */
export interface DomainEvent<Type extends string = string, Payload = unknown> {
  /** UUID in lower case. */
  readonly id: string
  readonly meta: EventMeta<Type>
  readonly payload: Payload
}

/** A payload whose type nobody defined. */
export type JsonPayload = Readonly<Record<string, unknown>>

/** What an event type does to its events on their way out. */
export interface Upcasting {
  readonly type: string
  readonly formerly: readonly string[]
  upcast(payload: object, meta: EventMeta): object
}

/** Turns stored events into what handlers see: decoded, upcast, under the type's new name. */
export class EventReader {
  readonly #byName = new Map<string, Upcasting>()

  /** `types`: what is known about types; events of any other come as they are. */
  constructor(types: Iterable<Upcasting> = []) {
    for (const type of types) for (const name of [type.type, ...type.formerly]) this.#byName.set(name, type)
  }

  /** `payload` and `id`: where they are decoded already. The payload goes into the hands of upcasters and handlers. */
  read(
    stored: StoredEvent,
    payload = parsePayload(stored),
    id = stored.idText ?? formatUuid(stored.id),
  ): DomainEvent<string, JsonPayload> {
    const known = this.#byName.get(stored.type)
    if (known === undefined) return { id, meta: metaOf(stored, stored.type), payload: payload as JsonPayload }
    const upcast = known.upcast(payload, metaOf(stored, stored.type))
    return { id, meta: metaOf(stored, known.type), payload: upcast as JsonPayload }
  }
}

export function parsePayload(stored: StoredEvent): object {
  return stored.decoded?.() ?? (parseBigIntegers(stored.payload) as object)
}

/** The envelope of an event, live or about to be stored, with its type by the name `type`. */
export function metaOf(stored: NewEvent, type: string): EventMeta {
  const meta = knownMeta(stored, type)
  // a spread defines properties, so that a member called __proto__ stays an ordinary one
  return stored.metaExtra === null ? meta : { ...(parseBigIntegers(stored.metaExtra) as object), ...meta }
}

/** Two plain literals: in the loop over a whole log, one that is put together takes twice as long. */
function knownMeta(stored: NewEvent, type: string): EventMeta {
  const { service, aggregateId: aggregate_id, correlationId: correlation_id } = stored
  const created_at = new Date(stored.createdAt)
  const received_at = new Date(stored.receivedAt)
  if (correlation_id === null) return { service, type, created_at, received_at, aggregate_id }
  return { service, type, created_at, received_at, aggregate_id, correlation_id }
}
