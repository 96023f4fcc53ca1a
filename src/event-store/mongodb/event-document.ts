import { gzipSync } from 'node:zlib'
import { EventError } from '../../event/assemble.ts'
import type { NewEvent } from '../../event/event.ts'
import { BsonBuffer, DOCUMENT_TOO_LARGE, MAX_DOCUMENT_BYTES } from './bson-buffer.ts'
import * as layout from './document-layout.ts'
import { JsonToBson } from './json-to-bson.ts'
import { timestampOf } from './position.ts'

export { readEventDocument, readIdOnly } from './read-event-document.ts'

/** What a document leaves out to stay within MongoDB's limit, the least first. */
type Form = 'whole' | 'payload packed' | 'payload packed, extras as text'
const FORMS: readonly Form[] = ['whole', 'payload packed', 'payload packed, extras as text']

/**
 * Events as BSON documents (document-layout.ts), back to back. Written by hand: more than twice as fast as objects
 * and the driver's serializer, and exact where objects are not.
 */
export class EventDocuments {
  readonly #out = new BsonBuffer()
  readonly #json = new JsonToBson(this.#out)
  /** Documents since the last `take`. */
  length = 0
  /** Where the number of the call stands in the last document, in the bytes since the last `take`. */
  appendAt = 0

  get sizeBytes(): number {
    return this.#out.at
  }

  /**
   * Returns the size of the document in bytes. Throws EventError `event-too-large`, and then adds nothing.
   *
   * @param fence of an event that is brought back from the archive
   */
  add(event: NewEvent, append: bigint, fence: bigint | null = null): number {
    const start = this.#out.at
    for (const form of FORMS) {
      const sizeBytes = this.#write(event, append, fence, form)
      if (sizeBytes !== null) {
        this.length += 1
        return sizeBytes
      }
      this.#out.at = start
    }
    throw new EventError(
      'event-too-large',
      `the event takes more than ${MAX_DOCUMENT_BYTES} bytes in MongoDB`,
    )
  }

  /** The documents since the last call. The bytes are not copied and stay as they are. */
  take(): Buffer {
    this.length = 0
    return this.#out.take()
  }

  /** Null where it is too large. */
  #write(event: NewEvent, append: bigint, fence: bigint | null, form: Form): number | null {
    const start = this.#out.at
    this.#out.documentAt = start
    try {
      this.#document(event, append, fence, form)
    } catch (error) {
      if (error === DOCUMENT_TOO_LARGE) return null
      this.#out.at = start
      throw error
    }
    const sizeBytes = this.#out.at - start
    return sizeBytes <= MAX_DOCUMENT_BYTES ? sizeBytes : null
  }

  #document(event: NewEvent, append: bigint, fence: bigint | null, form: Form): void {
    const out = this.#out
    out.room(128)
    const start = out.at
    out.at = start + 4
    out.copy(layout.ID)
    out.copy(event.id)
    this.#position(event.position)
    const metaIsFaithful = this.#meta(event, form)

    let payloadIsFaithful = true
    out.room(64)
    if (form === 'whole') {
      out.copy(layout.PAYLOAD)
      payloadIsFaithful = this.#json.document(event.payload)
      out.room(64)
    }
    out.copy(layout.DIGEST)
    out.copy(event.digest)
    out.copy(layout.APPEND)
    this.appendAt = out.at
    out.bigint(append)
    if (fence !== null) {
      out.copy(layout.FENCE)
      out.bigint(fence)
    }
    if (!metaIsFaithful && event.metaExtra !== null) {
      out.copy(layout.META_TEXT)
      out.string(event.metaExtra)
    }
    out.room(64)
    if (form !== 'whole') {
      const packed = gzipSync(event.payload)
      out.room(packed.length + 64)
      out.copy(layout.PAYLOAD_GZIP)
      out.int32(packed.length)
      out.copy(Uint8Array.of(0))
      out.copy(packed)
    } else if (!payloadIsFaithful) {
      out.copy(layout.PAYLOAD_TEXT)
      out.string(event.payload)
    }
    out.close(start)
  }

  /** Timestamp(0, 0) is filled by the server; the position 0 is therefore written as 1. */
  #position(position: bigint | null): void {
    this.#out.copy(layout.POSITION)
    if (position === null) {
      this.#out.halves(0, 0)
      return
    }
    const { t, i } = timestampOf(position === 0n ? 1n : position)
    this.#out.halves(i, t)
  }

  /** Whether the extras are exact. */
  #meta(event: NewEvent, form: Form): boolean {
    const out = this.#out
    out.copy(layout.META)
    const start = out.at
    out.at = start + 4
    out.copy(layout.SERVICE)
    out.string(event.service)
    out.copy(layout.TYPE)
    out.string(event.type)
    out.copy(layout.CREATED_AT)
    out.int64(event.createdAt)
    out.copy(layout.RECEIVED_AT)
    out.int64(event.receivedAt)
    out.copy(layout.AGGREGATE_ID)
    out.string(event.aggregateId)
    if (event.correlationId !== null) {
      out.copy(layout.CORRELATION_ID)
      out.string(event.correlationId)
    }
    let faithful = true
    // no extras at all read as null
    if (event.metaExtra !== null)
      faithful =
        event.metaExtra !== '{}' &&
        form !== 'payload packed, extras as text' &&
        this.#json.members(event.metaExtra)
    out.room(1)
    out.close(start)
    return faithful
  }
}
