import { BINARY, DATE, INT64, OBJECT, STRING, TIMESTAMP } from './bson-types.ts'

/**
 * An event as a document of the collection `events`, its members in this order:
 *
 *     _id       UUID
 *     position  Timestamp; (0, 0) where the server is to give it
 *     meta      { service, type, created_at, received_at, aggregate_id, correlation_id?, …extras }
 *     payload   { … }
 *     digest    16 bytes
 *     append    the number of the call that wrote it
 *     fence     of one brought back from the archive: the token under which it was
 *     meta_text, payload_text  the JSON text of extras and payload, where BSON cannot say it exactly
 *     payload_gzip             the payload's text where the document would be too large with it
 *
 * Below are the heads of these elements: type, key, NUL; for id and digest also length and subtype.
 */
const UUID_SUBTYPE = 4
export const ID = Uint8Array.of(...head(BINARY, '_id'), 16, 0, 0, 0, UUID_SUBTYPE)
export const POSITION = head(TIMESTAMP, 'position')
export const META = head(OBJECT, 'meta')
export const SERVICE = head(STRING, 'service')
export const TYPE = head(STRING, 'type')
export const CREATED_AT = head(DATE, 'created_at')
export const RECEIVED_AT = head(DATE, 'received_at')
export const AGGREGATE_ID = head(STRING, 'aggregate_id')
export const CORRELATION_ID = head(STRING, 'correlation_id')
export const PAYLOAD = head(OBJECT, 'payload')
export const DIGEST = Uint8Array.of(...head(BINARY, 'digest'), 16, 0, 0, 0, 0)
export const APPEND = head(INT64, 'append')
export const FENCE = head(INT64, 'fence')
export const META_TEXT = head(STRING, 'meta_text')
export const PAYLOAD_TEXT = head(STRING, 'payload_text')
export const PAYLOAD_GZIP = head(BINARY, 'payload_gzip')

function head(type: number, key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(`${String.fromCharCode(type)}${key}\0`, 'latin1'))
}

/** Whether the element at `at` has this head. */
export function hasHead(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i += 1) if (bytes[at + i] !== expected[i]) return false
  return true
}
