import fc from 'fast-check'
import { expect } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { positionAt } from '../../src/event/position.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import type { SegmentBytes } from '../../src/segment/segment-bytes.ts'
import {
  SegmentWriter,
  type SegmentWriterOptions,
  type WrittenSegment,
} from '../../src/segment/segment-writer.ts'
import { formatUuid } from '../../src/event/uuid.ts'
import { eventLines, plainLine } from '../support/events.ts'

const START = positionAt(Date.UTC(2016, 0, 1))

/** Any events as a store gives them, at least one, in log order; some of them at one position. */
export const storedEvents: fc.Arbitrary<StoredEvent[]> = fc
  .tuple(eventLines, fc.array(fc.nat(3), { minLength: 30, maxLength: 30 }))
  .map(([lines, steps]) => {
    let position = START
    return lines
      .map((line, i) => {
        position += BigInt(steps[i] ?? 0)
        return { ...readEvent(line, { receivedAt: Date.UTC(2026, 0, 1) + i }), position }
      })
      .toSorted(inLogOrder)
  })
  .filter((events) => events.length > 0)

/** Plain events, one a second from 2016 on; `payload` of the n-th, from 1. */
export function plainEvents(count: number, payload: (n: number) => object = (n) => ({ n })): StoredEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    ...readEvent(plainLine(i + 1, payload(i + 1)), { receivedAt: Date.UTC(2026, 0, 1) }),
    position: positionAt(Date.UTC(2016, 0, 1) + i * 1000),
  }))
}

/** All of them in one segment. */
export async function write(
  events: readonly StoredEvent[],
  options?: SegmentWriterOptions,
): Promise<WrittenSegment & { bytes: Buffer }> {
  const writer = new SegmentWriter(42, options)
  await writer.add(events)
  const segment = await writer.finish()
  return { ...segment, bytes: Buffer.concat(segment.body) }
}

/** An object in memory that comes in chunks of `chunkBytes`; `requests` says what was asked for. */
export function object(bytes: Buffer, chunkBytes = 64 * 1024): SegmentBytes & { requests: string[] } {
  const requests: string[] = []
  return {
    requests,
    async read() {
      requests.push('all')
      return chunks(bytes, chunkBytes)
    },
    async readRange(offset, lengthBytes) {
      requests.push(`${offset}+${lengthBytes}`)
      return bytes.subarray(offset, offset + lengthBytes)
    },
  }
}

async function* chunks(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

export async function all(batches: AsyncIterable<StoredEvent[]>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const batch of batches) events.push(...batch)
  return events
}

/** Its members, the digest among them, whichever class it is of. */
export function plain(event: StoredEvent): StoredEvent {
  const { id, position, digest } = event
  const { idText, ...members }: StoredEvent = { ...event, id, position, digest }
  if (idText !== undefined) expect(idText).toBe(formatUuid(id))
  return members
}
