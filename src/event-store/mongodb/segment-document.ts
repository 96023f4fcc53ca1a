import { Binary, Timestamp } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import type { CatalogueSegment } from '../catalogue.ts'
import type { SegmentRecord } from '../segment-change.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import { UUID_SUBTYPE } from './reading.ts'
import type { PointDocument, SegmentDocument } from './schema.ts'

/** `changed_at` is filled in by the server. */
export function toSegmentDocument(
  record: SegmentRecord,
  change: number,
): Omit<SegmentDocument, 'changed_at'> {
  const { content } = record
  return {
    _id: record.number,
    change,
    state: record.state,
    first: toPoint(record.first),
    last: toPoint(record.last),
    events: record.events,
    ids_xor: new Binary(record.idsXor),
    content: content && {
      key: content.key,
      types: content.types,
      text_bytes: content.textBytes,
      gzip_bytes: content.gzipBytes,
      sha256: new Binary(content.sha256),
      digests_xor: new Binary(content.digestsXor),
    },
    reason: record.reason,
  }
}

export function toSegment(document: SegmentDocument): CatalogueSegment {
  const { content } = document
  return {
    number: document._id,
    state: document.state,
    first: fromPoint(document.first),
    last: fromPoint(document.last),
    events: document.events,
    idsXor: bytesOf(document.ids_xor),
    content: content && {
      key: content.key,
      types: content.types,
      textBytes: content.text_bytes,
      gzipBytes: content.gzip_bytes,
      sha256: bytesOf(content.sha256),
      digestsXor: bytesOf(content.digests_xor),
    },
    reason: document.reason,
    changedAt: document.changed_at.getTime(),
  }
}

/** A copy: what the driver gives lies in the server's reply. */
export function bytesOf(binary: Binary): Uint8Array {
  return Uint8Array.from(binary.value())
}

function toPoint({ position, id }: LogPoint): PointDocument {
  return { position: toTimestamp(position, Timestamp), id: new Binary(id, UUID_SUBTYPE) }
}

function fromPoint({ position, id }: PointDocument): LogPoint {
  return { position: fromTimestamp(position), id: bytesOf(id) }
}
