import { createHash } from 'node:crypto'
import { Binary, type Document, Long, Timestamp, UUID } from 'mongodb'
import { backfillPosition } from '../../src/event/position.ts'
import type { DumpEvent } from './dumps.ts'

/** The event's place in the log as an import gives it, in seconds and ordinal. */
function timestamp(event: DumpEvent, index: number): { t: number; i: number; position: bigint } {
  const position = backfillPosition(Date.parse(event.createdAt), index + 1)
  return { t: Number(position >> 31n), i: Number(position & 0x7fff_ffffn), position }
}

/**
 * An event for mongoimport: `_id` and `position` in extended JSON, so that it fills the same indexes as ours. No
 * digest, no time of receipt, and its own time as text: less than Demetra stores.
 */
export const extendedJsonLine = (e: DumpEvent, index: number): string => {
  const { t, i } = timestamp(e, index)
  return (
    `{"_id":{"$uuid":"${e.id}"},"position":{"$timestamp":{"t":${t},"i":${i}}},"meta":{"service":"${e.service}",` +
    `"type":"${e.type}","created_at":"${e.createdAt}","aggregate_id":"${e.aggregate}",` +
    `"correlation_id":"${e.correlation}"},"payload":${JSON.stringify(e.payload)}}\n`
  )
}

/** The same as CSV. mongoimport has no timestamps there: the position is an integer, of the same order and size. */
export const TYPED_CSV_HEADER =
  '_id.binary(hex),position.int64(),meta.service.auto(),meta.type.auto(),meta.created_at.auto(),' +
  'meta.aggregate_id.auto(),meta.correlation_id.auto(),payload.amount.auto(),payload.method.auto(),' +
  'payload.country.auto(),payload.attempt.auto(),payload.operator.auto(),payload.note.auto()\n'
export const typedCsvLine = (e: DumpEvent, index: number): string => {
  const { position } = timestamp(e, index)
  const meta = [e.service, e.type, e.createdAt, e.aggregate, e.correlation]
  return `${[e.id.replaceAll('-', ''), position, ...meta, ...Object.values(e.payload)].join(',')}\n`
}

/** The document that an import stores. */
export function eventDocument(e: DumpEvent, index: number): Document {
  const { t, i } = timestamp(e, index)
  const createdAt = new Date(e.createdAt)
  return {
    _id: new UUID(e.id),
    position: new Timestamp({ t, i }),
    meta: {
      service: e.service,
      type: e.type,
      created_at: createdAt,
      received_at: createdAt,
      aggregate_id: e.aggregate,
      correlation_id: e.correlation,
    },
    payload: e.payload,
    digest: new Binary(createHash('sha256').update(e.id).digest().subarray(0, 16)),
    append: Long.fromNumber(1),
  }
}
