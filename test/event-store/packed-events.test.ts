import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewEvent } from '../../src/event/event.ts'
import { packEvents, PackedEvents, transferables } from '../../src/event-store/sqlite/packed-events.ts'

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
const text = fc.string({ unit: 'grapheme' })
const event: fc.Arbitrary<NewEvent> = fc.record({
  id: bytes,
  service: text,
  type: text,
  createdAt: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  receivedAt: fc.nat(),
  aggregateId: text,
  correlationId: fc.option(text),
  metaExtra: fc.option(text),
  payload: text,
  digest: bytes,
  position: fc.option(fc.bigInt(0n, 2n ** 63n - 1n)),
})

test("events come out of another thread's batch as they went in", () => {
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const packed = packEvents(events)
      const moved = structuredClone(packed, { transfer: transferables(packed) })
      const unpacked = new PackedEvents(moved)
      expect(unpacked.length).toBe(events.length)
      expect(Array.from(events, (_, index) => unpacked.at(index))).toEqual(events)
      expect(unpacked.at(events.length)).toBeUndefined()
    }),
  )
})
