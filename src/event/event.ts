/**
 * The event as it travels through the code: the envelope taken apart into columns, the payload as exact
 * JSON text. Text, not a decoded object, because a JavaScript object cannot say every payload: it reorders
 * integer-like keys and rounds integers beyond 2^53.
 */
export interface NewEvent {
  /** UUID, 16 bytes. */
  id: Uint8Array
  service: string
  type: string
  /** Milliseconds since 1970, by the producer's clock. */
  createdAt: number
  /** Milliseconds since 1970, by Demetra's clock. */
  receivedAt: number
  aggregateId: string
  correlationId: string | null
  /** The other members of `meta`, as the JSON text of an object in the order in which they came; or null. */
  metaExtra: string | null
  /** JSON text of an object: no blanks outside strings, numbers and key order as they came. */
  payload: string
  /** First 16 bytes of the SHA-256 of the canonical form (digest.ts). */
  digest: Uint8Array
  /** Given for a backfill and for a full restore; null: the store gives the next one at the end of the log. */
  position: bigint | null
}

export interface StoredEvent extends NewEvent {
  position: bigint
  /** `id` as it is written, where that is at hand. */
  readonly idText?: string
  /** The payload as `parsePayload` gives it, made anew each time; null: it is to be parsed. */
  decoded?(): object | null
}

/** A point in the event log: everything up to and including the event `id` at `position`. */
export interface LogPoint {
  position: bigint
  id: Uint8Array
}
