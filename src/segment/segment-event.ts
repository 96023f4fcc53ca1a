import { formatEventLine } from '../event/event-line.ts'
import type { StoredEvent } from '../event/event.ts'
import { readEvent } from '../event/read-event.ts'

/** What a line of a segment says of its event. */
export type EventOfLine = Omit<StoredEvent, 'digest'>

/**
 * An event out of a segment. Its digest is not in the line, and few readers want it: it is computed from the event
 * each time that it is asked for.
 */
export class SegmentEvent implements StoredEvent {
  readonly id: Uint8Array
  readonly position: bigint
  readonly service: string
  readonly type: string
  readonly createdAt: number
  readonly receivedAt: number
  readonly aggregateId: string
  readonly correlationId: string | null
  readonly metaExtra: string | null
  readonly payload: string

  constructor(of: EventOfLine) {
    this.id = of.id
    this.position = of.position
    this.service = of.service
    this.type = of.type
    this.createdAt = of.createdAt
    this.receivedAt = of.receivedAt
    this.aggregateId = of.aggregateId
    this.correlationId = of.correlationId
    this.metaExtra = of.metaExtra
    this.payload = of.payload
  }

  get digest(): Uint8Array {
    return readEvent(formatEventLine(this), { receivedAt: 0 }).digest
  }
}
