import { afterEach, describe, expect, test } from 'vitest'
import type { NewEvent } from '../../../src/event/event.ts'
import { all, anEvent, type EventStoreHarness, events, ids, Opened, plain } from './fixture.ts'
import { testWhere } from '../test-where.ts'

export function appendTests(harness: EventStoreHarness): void {
  describe('append', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('stores an event as it came, and `get` gives it back', async () => {
      const store = await opened.store()
      const event = anEvent('one', {
        correlationId: 'customer/7',
        metaExtra: '{"actor":"ann","2":1,"1":2}',
        payload: '{"b":1,"1":9007199254740993,"":1e400,"__proto__":{"$a.b":"😀"},"n":-0.0,"nul":"\\u0000"}',
        createdAt: -1,
      })
      expect(await store.append([event])).toMatchObject({ written: 1, duplicates: 0, conflicts: 0 })
      const found = await store.get(event.id)
      expect(found && plain(found)).toEqual({ ...plain(event), position: found?.position })
      expect(await store.get(anEvent('other').id)).toBeNull()
    })

    test('an empty call is nothing', async () => {
      const store = await opened.store()
      expect(await store.append([])).toEqual({
        written: 0,
        duplicates: 0,
        conflicts: 0,
        skipped: 0,
        duplicateIndexes: [],
        conflictIndexes: [],
      })
      expect(await store.newestPosition()).toBe(0n)
      expect(await store.stablePosition()).toBe(0n)
      expect(await all(store.read())).toEqual([])
    })

    test.each([10, 5000])(
      'tells duplicates and conflicts among %i events by their indexes',
      async (count) => {
        const store = await opened.store()
        const first = events(count, (n) => anEvent(`e${n}`))
        expect((await store.append(first)).written).toBe(count)
        const before = await all(store.read())

        const again = events(count, (n) => {
          if (n % 3 === 0) return anEvent(`e${n}`)
          return n % 3 === 1 ? anEvent(`e${n}`, { payload: '{"changed":true}' }) : anEvent(`new${n}`)
        })
        const indexes = (rest: number) => [...again.keys()].filter((n) => n % 3 === rest)
        expect(await store.append(again)).toEqual({
          written: indexes(2).length,
          duplicates: indexes(0).length,
          conflicts: indexes(1).length,
          skipped: 0,
          duplicateIndexes: indexes(0),
          conflictIndexes: indexes(1),
        })
        const after = await all(store.read())
        expect(after.slice(0, count).map(plain)).toEqual(before.map(plain))
        expect(ids(after.slice(count))).toEqual(ids(again.filter((_, n) => n % 3 === 2)))
      },
    )

    test('of equal ids in one call the first wins', async () => {
      const store = await opened.store()
      const [a, changed] = [anEvent('a'), anEvent('a', { payload: '{"changed":true}' })]
      const result = await store.append([a, anEvent('b'), a, changed])
      expect(result).toMatchObject({ written: 2, duplicateIndexes: [2], conflictIndexes: [3] })
      expect((await store.get(a.id))?.payload).toBe(a.payload)
    })

    test('`lookup` says what append would say, and writes nothing', async () => {
      const store = await opened.store()
      await store.append([anEvent('a'), anEvent('b')])
      const asked = [anEvent('b'), anEvent('c'), anEvent('a', { payload: '{"changed":true}' })]
      expect(await store.lookup(asked)).toEqual(['duplicate', 'new', 'conflict'])
      expect((await store.append(asked)).written).toBe(1)
    })

    test.each([50, 4000])(
      'keeps the order of a call of %i events and of calls one after the other',
      async (count) => {
        const store = await opened.store()
        const [one, two] = ['x', 'y'].map((name) => events(count, (n) => anEvent(`${name}${n}`)))
        await store.append(one!)
        await store.append(two!)
        const found = await all(store.read())
        expect(ids(found)).toEqual(ids([...one!, ...two!]))
        expect(new Set(found.map((event) => event.position)).size).toBe(count * 2)
        expect(await store.newestPosition()).toBe(found.at(-1)?.position)
      },
    )

    testWhere(
      harness.capabilities.ordersAppends,
      'calls in flight keep their order, large and small',
      async () => {
        const store = await opened.store()
        const calls = [1, 3000, 2, 5, 2500, 1, 1].map((count, call) =>
          events(count, (n) => anEvent(`call ${call} event ${n}`)),
        )
        await Promise.all(calls.map((call) => store.append(call)))
        expect(ids(await all(store.read()))).toEqual(ids(calls.flat()))
      },
    )

    test('where only the order of each aggregate counts it is kept, over calls in flight too', async () => {
      const store = await opened.store()
      const calls = [9000, 1, 2000, 1, 1].map((count, call) =>
        events(count, (n) =>
          anEvent(`call ${call} event ${n}`, { aggregateId: `order/${count === 1 ? 7 : n % 13}` }),
        ),
      )
      await Promise.all(calls.map((call) => store.append(call, { order: 'aggregate' })))
      const log = await all(store.read())
      for (let n = 0; n < 13; n += 1) {
        const of = (some: NewEvent[]) => ids(some.filter((event) => event.aggregateId === `order/${n}`))
        expect(of(log)).toEqual(of(calls.flat()))
      }
    })

    test('of one id on two aggregates one event is stored and counted, whichever it is', async () => {
      const store = await opened.store()
      const rest = events(3000, (n) => anEvent(`e${n}`))
      const twice = [0, 1, 2, 3].map((n) =>
        anEvent('twice', { aggregateId: `order/${n}`, payload: `{"n":${n}}` }),
      )
      const result = await store.append([...rest, ...twice], { order: 'aggregate' })
      expect(result).toMatchObject({ written: 3001, duplicates: 0, conflicts: 3 })
      expect((await store.statistics()).events).toBe(3001)
    })

    test('counts events by type and day of created_at', async () => {
      const store = await opened.store()
      const day = (date: number, type: string, name: string) =>
        anEvent(name, { type, createdAt: Date.UTC(2016, 0, date, 23, 59, 59, 999) })
      const some = [day(1, 'a', '1'), day(1, 'a', '2'), day(2, 'a', '3'), day(2, 'b', '4')]
      await store.append(some)
      await store.append([...some, day(3, 'b', '5')])
      const { events: total, types, days, sizeBytes } = await store.statistics()
      expect(total).toBe(5)
      expect(types).toEqual([
        { type: 'a', events: 3, firstDay: '2016-01-01', lastDay: '2016-01-02' },
        { type: 'b', events: 2, firstDay: '2016-01-02', lastDay: '2016-01-03' },
      ])
      expect(days).toEqual([
        { day: '2016-01-03', type: 'b', events: 1 },
        { day: '2016-01-02', type: 'a', events: 1 },
        { day: '2016-01-02', type: 'b', events: 1 },
        { day: '2016-01-01', type: 'a', events: 2 },
      ])
      expect(sizeBytes).toBeGreaterThan(0)
    })

    test('has an id of its own that stays', async () => {
      const database = await opened.database()
      const store = await database.open()
      const id = await store.storeId()
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      const made = await store.setup()
      const found = await store.setup()
      expect(made.created.length).toBeGreaterThan(0)
      expect(found).toEqual({ created: [], checked: [...made.checked, ...made.created] })
      expect(await (await database.open()).storeId()).toBe(id)
      expect(await (await opened.store()).storeId()).not.toBe(id)
    })
  })
}
