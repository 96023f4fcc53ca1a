import { formatEventLine } from '../event/event-line.ts'
import type { StoredEvent } from '../event/event.ts'
import { readEvent } from '../event/read-event.ts'
import { parseUuid } from '../event/uuid.ts'
import { readValues } from './read-values.ts'
import type { ValueTable } from './value-table.ts'

/** What a line of a segment says of its event. Id and position are as they stand there. */
export interface EventOfLine extends Omit<StoredEvent, 'id' | 'position' | 'digest' | 'idText' | 'decoded'> {
  /** A UUID in lower case. */
  idText: string
  /** The digits of the position in front of its last nine. */
  positionHigh: number
  /** The last nine. */
  positionLow: number
  /** Of all lines that were unpacked with it, where they are cut. */
  values: ValueTable | null
  /** Its own among them. */
  line: number
}

const NINE_DIGITS = 1_000_000_000n

/** Below 2^63. */
export function isPosition(high: number, low: number): boolean {
  return high < 9_223_372_036 ? low >= 0 : high === 9_223_372_036 && low <= 854_775_807
}

/**
 * An event out of a segment. Its digest is not in the line, and few readers want it, nor its id in bytes, nor its
 * position as a bigint: they are made of what stands there each time that they are asked for.
 */
export class SegmentEvent implements StoredEvent {
  readonly idText: string
  readonly service: string
  readonly type: string
  readonly createdAt: number
  readonly receivedAt: number
  readonly aggregateId: string
  readonly correlationId: string | null
  readonly metaExtra: string | null
  readonly payload: string
  readonly #positionHigh: number
  readonly #positionLow: number
  readonly #values: ValueTable | null
  readonly #line: number

  constructor(of: EventOfLine) {
    this.idText = of.idText
    this.service = of.service
    this.type = of.type
    this.createdAt = of.createdAt
    this.receivedAt = of.receivedAt
    this.aggregateId = of.aggregateId
    this.correlationId = of.correlationId
    this.metaExtra = of.metaExtra
    this.payload = of.payload
    this.#positionHigh = of.positionHigh
    this.#positionLow = of.positionLow
    this.#values = of.values
    this.#line = of.line
  }

  get id(): Uint8Array {
    const id = parseUuid(this.idText)
    if (id === null) throw new TypeError(`a segment holds an event whose id is ${this.idText}`)
    return id
  }

  get position(): bigint {
    return BigInt(this.#positionHigh) * NINE_DIGITS + BigInt(this.#positionLow)
  }

  decoded(): object | null {
    return this.#values === null ? null : readValues(this.#values, this.#line, this.payload)
  }

  get digest(): Uint8Array {
    return readEvent(formatEventLine(this), { receivedAt: 0 }).digest
  }
}
