import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { NewEvent } from '../../../src/event/event.ts'
import {
  all,
  anEvent,
  bytesOf,
  compare,
  endOf,
  type EventStoreHarness,
  events,
  ids,
  Opened,
  START,
} from './fixture.ts'

/** Positions close together, so that many are equal, and both ends of what a position can be. */
const position = fc.oneof(fc.bigInt(1n, 40n), fc.constantFrom(1n << 62n, (1n << 62n) + 1n))
const type = fc.constantFrom('a', 'b', 'c', 'd', 'e')

const log = fc.uniqueArray(fc.record({ name: fc.string(), position, type }), {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 120,
})
const query = fc.record(
  {
    after: fc.record({
      position,
      id: fc.oneof(
        fc.nat(20).map((n) => bytesOf(String(n))),
        fc.nat(119),
      ),
    }),
    upTo: position,
    types: fc.uniqueArray(fc.oneof(type, fc.constant('never')), { maxLength: 5 }),
    batchEvents: fc.integer({ min: 1, max: 50 }),
  },
  { requiredKeys: [] },
)

export function readTests(harness: EventStoreHarness): void {
  describe('read', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('any part of the log, of any types, in log order', async () => {
      const store = await opened.store()
      let round = 0
      await fc.assert(
        fc.asyncProperty(log, fc.array(query, { minLength: 1, maxLength: 5 }), async (rows, queries) => {
          // One database for all rounds: a type belongs to its round, and so does what is asked for.
          round += 1
          const typeOf = (name: string) => `${name}${round}`
          const stored = rows.map((row) =>
            anEvent(`${round}/${row.name}`, { type: typeOf(row.type), position: row.position }),
          ) as (NewEvent & { position: bigint })[]
          await store.append(stored)
          const inOrder = stored.toSorted(compare)
          for (const { after, types, ...rest } of queries) {
            const wanted = (types ?? ['a', 'b', 'c', 'd', 'e']).map(typeOf)
            // An id given as a number is that of an event in the log.
            const from = after && {
              position: after.position,
              id: typeof after.id === 'number' ? inOrder[after.id % inOrder.length]!.id : after.id,
            }
            const expected = inOrder.filter(
              (event) =>
                wanted.includes(event.type) &&
                (from === undefined || compare(event, from) > 0) &&
                (rest.upTo === undefined || event.position <= rest.upTo),
            )
            const found: NewEvent[] = []
            const asked = { ...rest, ...(from && { after: from }), ...(types && { types: wanted }) }
            for await (const batch of store.read(asked)) {
              expect(batch.length).toBeGreaterThan(0)
              expect(batch.length).toBeLessThanOrEqual(rest.batchEvents ?? 1000)
              found.push(...batch.filter((event) => wanted.includes(event.type)))
            }
            expect(ids(found)).toEqual(ids(expected))
          }
        }),
        { numRuns: 40 },
      )
    })

    test('a thousand types, few of many, and none', async () => {
      const store = await opened.store()
      const stored = events(6000, (n) => anEvent(`e${n}`, { type: `type-${n % 2000}` }))
      await store.append(stored)
      for (const count of [1000, 300, 40, 3, 1, 0]) {
        const types = Array.from({ length: count }, (_, n) => `type-${n * 2}`)
        const expected = stored.filter((event) => types.includes(event.type))
        expect(ids(await all(store.read({ types })))).toEqual(ids(expected))
      }
      expect(ids(await all(store.read({ types: ['type-0', 'type-0'] }))).length).toBe(3)
    })

    test('more events at one position than are looked over at a time: each once', async () => {
      const store = await opened.store()
      const count = 100_100
      const types = Array.from({ length: 150 }, (_, n) => `type-${n}`)
      const collection = store.collect()
      for (let n = 0; n < count; n += 1) {
        collection.add(anEvent(`e${n}`, { type: types[n % 150]!, position: 7n }))
      }
      expect((await store.append(collection)).written).toBe(count)
      const found = await all(store.read({ types }))
      expect(found.length).toBe(count)
      expect(new Set(ids(found)).size).toBe(count)
    })

    test('goes on with what is appended while it runs, up to where it was told', async () => {
      const store = await opened.store()
      await store.append(events(3, (n) => anEvent(`a${n}`)))
      const upTo = await store.newestPosition()
      const seen: string[] = []
      for await (const batch of store.read({ upTo, batchEvents: 1 })) {
        seen.push(...ids(batch))
        await store.append([anEvent(`late ${seen.length}`)])
      }
      expect(seen).toEqual(ids(events(3, (n) => anEvent(`a${n}`))))
    })

    test('`summary` counts a part of the log and XORs its ids', async () => {
      const store = await opened.store()
      const stored = events(2500, (n) => anEvent(`e${n}`, { position: BigInt(1 + (n % 700)) }))
      await store.append(stored)
      const inOrder = stored.toSorted((a, b) => compare(a as never, b as never)) as (NewEvent & {
        position: bigint
      })[]
      const xor = (of: NewEvent[]): Uint8Array => {
        const sum = new Uint8Array(16)
        for (const { id } of of) id.forEach((byte, at) => (sum[at]! ^= byte))
        return sum
      }
      for (const [from, to] of [
        [0, 2499],
        [10, 11],
        [3, 1700],
        [42, 42],
      ] as const) {
        expect(await store.summary(inOrder[from]!, inOrder[to]!)).toEqual({
          events: to - from,
          idsXor: xor(inOrder.slice(from + 1, to + 1)),
        })
      }
      expect(await store.summary(START, endOf(700n))).toEqual({ events: 2500, idsXor: xor(stored) })
      expect(await store.summary(endOf(700n), endOf(701n))).toEqual({ events: 0, idsXor: new Uint8Array(16) })
    })

    test('`history` of an aggregate and of a correlation, in log order, over several batches', async () => {
      const store = await opened.store()
      const stored = events(4000, (n) =>
        anEvent(`e${n}`, {
          aggregateId: n % 2 === 0 ? 'order/1' : `order/${n}`,
          correlationId: n % 4 === 0 ? null : 'customer/1',
          position: BigInt(1 + ((n * 7) % 900)),
        }),
      ) as (NewEvent & { position: bigint })[]
      await store.append(stored)
      const inOrder = stored.toSorted(compare)
      expect(ids(await all(store.history({ aggregateId: 'order/1' })))).toEqual(
        ids(inOrder.filter((event) => event.aggregateId === 'order/1')),
      )
      expect(ids(await all(store.history({ correlationId: 'customer/1' })))).toEqual(
        ids(inOrder.filter((event) => event.correlationId === 'customer/1')),
      )
      expect(await all(store.history({ aggregateId: 'customer/1' }))).toEqual([])
    })
  })
}
