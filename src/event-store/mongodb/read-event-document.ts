import { gunzipSync } from 'node:zlib'
import type { StoredEvent } from '../../event/event.ts'
import { formatUuid } from '../../event/uuid.ts'
import { BsonToJson } from './bson-to-json.ts'
import { elementEnd, int32From } from './bson-types.ts'
import * as layout from './document-layout.ts'
import { hasHead } from './document-layout.ts'
import { NameCache } from '../../event/name-cache.ts'
import { positionOf } from './position.ts'

/** An event and the number of the call that wrote it. */
export interface DocumentEvent extends StoredEvent {
  append: bigint
}

const TWO_32 = 0x1_0000_0000
const NO_BYTES = new Uint8Array(0)
const NONE = -1
const json = new BsonToJson()
const names = new NameCache()

/**
 * The event of the document that starts at `start` (document-layout.ts). Nothing of it refers to `bytes`. Elements
 * may have been reordered or added by hand; throws an Error where one that an event needs is missing or has
 * another type.
 */
export function readEventDocument(bytes: Buffer, start = 0): DocumentEvent {
  const event: DocumentEvent = {
    id: NO_BYTES,
    service: '',
    type: '',
    createdAt: NaN,
    receivedAt: NaN,
    aggregateId: '',
    correlationId: null,
    metaExtra: null,
    payload: '',
    digest: NO_BYTES,
    position: -1n,
    append: -1n,
  }
  let metaAt = NONE
  let hasExtras = false
  let payloadAt = NONE
  let at = start + 4
  while (bytes[at] !== 0) {
    if (hasHead(bytes, at, layout.ID)) {
      at += layout.ID.length
      event.id = bytes16(bytes, at)
      at += 16
    } else if (hasHead(bytes, at, layout.POSITION)) {
      at += layout.POSITION.length
      event.position = positionOf(int32From(bytes, at + 4), int32From(bytes, at))
      at += 8
    } else if (hasHead(bytes, at, layout.META)) {
      metaAt = at + layout.META.length
      hasExtras = readMeta(bytes, metaAt, event)
      at = metaAt + int32From(bytes, metaAt)
    } else if (hasHead(bytes, at, layout.PAYLOAD)) {
      payloadAt = at + layout.PAYLOAD.length
      at = payloadAt + int32From(bytes, payloadAt)
    } else if (hasHead(bytes, at, layout.DIGEST)) {
      at += layout.DIGEST.length
      event.digest = bytes16(bytes, at)
      at += 16
    } else if (hasHead(bytes, at, layout.APPEND)) {
      at += layout.APPEND.length
      event.append = bytes.readBigInt64LE(at)
      at += 8
    } else {
      const end = elementEnd(bytes, at)
      if (hasHead(bytes, at, layout.META_TEXT)) {
        event.metaExtra = bytes.toString('utf8', at + layout.META_TEXT.length + 4, end - 1)
      } else if (hasHead(bytes, at, layout.PAYLOAD_TEXT)) {
        event.payload = bytes.toString('utf8', at + layout.PAYLOAD_TEXT.length + 4, end - 1)
      } else if (hasHead(bytes, at, layout.PAYLOAD_GZIP)) {
        event.payload = gunzipSync(bytes.subarray(at + layout.PAYLOAD_GZIP.length + 5, end)).toString()
      }
      at = end
    }
  }
  if (hasExtras && event.metaExtra === null) event.metaExtra = readExtras(bytes, metaAt)
  if (event.payload === '' && payloadAt !== NONE) event.payload = json.document(bytes, payloadAt)
  checkComplete(event)
  return event
}

/** The id of a document that begins with it, as each of the collection does. */
export function readIdOnly(bytes: Buffer, start = 0): Uint8Array {
  if (!hasHead(bytes, start + 4, layout.ID)) throw new Error('a document without a UUID as _id')
  return bytes16(bytes, start + 4 + layout.ID.length)
}

/** Whether there are extras. */
function readMeta(bytes: Buffer, start: number, event: DocumentEvent): boolean {
  let hasExtras = false
  let at = start + 4
  while (bytes[at] !== 0) {
    if (hasHead(bytes, at, layout.SERVICE)) {
      at += layout.SERVICE.length + 4
      const end = at + int32From(bytes, at - 4)
      event.service = names.text(bytes, at, end - 1)
      at = end
    } else if (hasHead(bytes, at, layout.TYPE)) {
      at += layout.TYPE.length + 4
      const end = at + int32From(bytes, at - 4)
      event.type = names.text(bytes, at, end - 1)
      at = end
    } else if (hasHead(bytes, at, layout.CREATED_AT)) {
      at += layout.CREATED_AT.length
      event.createdAt = timeAt(bytes, at)
      at += 8
    } else if (hasHead(bytes, at, layout.RECEIVED_AT)) {
      at += layout.RECEIVED_AT.length
      event.receivedAt = timeAt(bytes, at)
      at += 8
    } else if (hasHead(bytes, at, layout.AGGREGATE_ID)) {
      at += layout.AGGREGATE_ID.length + 4
      const end = at + int32From(bytes, at - 4)
      event.aggregateId = bytes.toString('utf8', at, end - 1)
      at = end
    } else if (hasHead(bytes, at, layout.CORRELATION_ID)) {
      at += layout.CORRELATION_ID.length + 4
      const end = at + int32From(bytes, at - 4)
      event.correlationId = bytes.toString('utf8', at, end - 1)
      at = end
    } else {
      hasExtras = true
      at = elementEnd(bytes, at)
    }
  }
  return hasExtras
}

const ENVELOPE = [
  layout.SERVICE,
  layout.TYPE,
  layout.CREATED_AT,
  layout.RECEIVED_AT,
  layout.AGGREGATE_ID,
  layout.CORRELATION_ID,
]

/** Only where there is no text of them, which may stand behind: not all of them need to be JSON then. */
function readExtras(bytes: Buffer, start: number): string | null {
  json.begin(bytes, start + int32From(bytes, start))
  let at = start + 4
  while (bytes[at] !== 0) {
    const known = ENVELOPE.some((head) => hasHead(bytes, at, head))
    at = known ? elementEnd(bytes, at) : json.member(at)
  }
  return json.endMembers()
}

function bytes16(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(16)
  for (let i = 0; i < 16; i += 1) copy[i] = bytes[at + i] as number
  return copy
}

function timeAt(bytes: Uint8Array, at: number): number {
  return int32From(bytes, at + 4) * TWO_32 + (int32From(bytes, at) >>> 0)
}

function checkComplete(event: DocumentEvent): void {
  const { id, digest, position, append, payload } = event
  const complete =
    id !== NO_BYTES &&
    digest !== NO_BYTES &&
    position >= 0n &&
    append >= 0n &&
    payload !== '' &&
    event.service !== '' &&
    event.type !== '' &&
    event.aggregateId !== '' &&
    !Number.isNaN(event.createdAt) &&
    !Number.isNaN(event.receivedAt)
  if (complete) return
  const name = id === NO_BYTES ? 'a document without a UUID as _id' : `the document ${formatUuid(id)}`
  throw new Error(`${name} is not as Demetra writes events: a member is missing or has another type`)
}
