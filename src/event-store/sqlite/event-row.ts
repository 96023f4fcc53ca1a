import type { StoredEvent } from '../../event/event.ts'

/**
 * What every SELECT of events asks for, to be made into an event by `toEvent`. Id and digest come as one value:
 * a blob costs a buffer of its own, which is a sixth of the time of a scan.
 */
export const ROW_COLUMNS = `position, CAST(id || digest AS BLOB) AS identity, service, type, created_at, received_at,
  aggregate_id, correlation_id, meta_extra, payload`

export type EventRow = [
  position: bigint,
  identity: Uint8Array,
  service: string,
  type: string,
  createdAt: bigint,
  receivedAt: bigint,
  aggregateId: string,
  correlationId: string | null,
  metaExtra: string | null,
  payload: string,
]

const ID_BYTES = 16

export function toEvent(row: EventRow): StoredEvent {
  const { buffer, byteOffset } = row[1]
  return {
    id: new Uint8Array(buffer, byteOffset, ID_BYTES),
    service: row[2],
    type: row[3],
    createdAt: Number(row[4]),
    receivedAt: Number(row[5]),
    aggregateId: row[6],
    correlationId: row[7],
    metaExtra: row[8],
    payload: row[9],
    digest: new Uint8Array(buffer, byteOffset + ID_BYTES, ID_BYTES),
    position: row[0],
  }
}
