import { afterEach, describe, expect, test } from 'vitest'
import type { EventStore, Reader } from '../../../src/event-store/event-store.ts'
import { all, anEvent, type EventStoreHarness, Opened } from './fixture.ts'

const LONG = 600_000
const IMPORT = '00000000-0000-4000-8000-000000000001'

const reader = (readTo: bigint, more: Partial<Reader> = {}): Reader => ({
  reportStore: 'sqlite:reports.db',
  name: 'sales',
  generation: 1,
  readTo,
  ...more,
})
const advance = async (store: EventStore, to: bigint, more: Partial<Reader> = {}): Promise<bigint> =>
  (await store.readers.advance(reader(to, more))).mayReadTo
const at = (position: bigint) => anEvent(`at ${position}`, { position })

export function backfillTests(harness: EventStoreHarness): void {
  describe('readers and backfills', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('readers are known with how far they have read, and can be dropped', async () => {
      const store = await opened.store()
      expect(await advance(store, 100n)).toBe(100n)
      expect(await advance(store, 70n, { generation: 2 })).toBe(70n)
      expect(await store.readers.list()).toEqual([
        { ...reader(100n), heardAt: expect.any(Number) },
        { ...reader(70n, { generation: 2 }), heardAt: expect.any(Number) },
      ])
      await store.readers.drop(reader(0n))
      expect((await store.readers.list()).map(({ generation }) => generation)).toEqual([2])
    })

    test('what a reader has read stays known when it asks again from further back', async () => {
      const store = await opened.store()
      await advance(store, 100n)
      expect(await advance(store, 40n)).toBe(40n)
      expect((await store.readers.list())[0]?.readTo).toBe(100n)
    })

    test('a running backfill holds readers where the foremost stood, until it is over', async () => {
      const database = await opened.database()
      const [store, other] = [await database.open(), await database.open()]
      await advance(store, 100n)
      const backfill = await store.backfills.begin(IMPORT, LONG)
      expect(backfill).toEqual({ number: 1, importId: IMPORT, holdsFrom: 100n, lowest: null, running: true })
      expect(await advance(other, 500n)).toBe(100n)
      expect(await advance(other, 60n, { generation: 2 })).toBe(60n)
      await store.backfills.end(backfill.number)
      expect(await advance(other, 500n)).toBe(500n)
    })

    test('where nobody has read, readers wait at the very beginning', async () => {
      const store = await opened.store()
      await store.backfills.begin(IMPORT, LONG)
      expect(await advance(store, 500n)).toBe(0n)
    })

    test("a backfill whose owner is gone runs out by the store's clock, for good", async () => {
      const store = await opened.store()
      const { number } = await store.backfills.begin(IMPORT, 1)
      // Asked until it has run out.
      while ((await advance(store, 500n)) < 500n);
      expect(await store.backfills.since(0)).toMatchObject([{ number, running: false }])
      await expect(
        store.append([at(700n)], { backfill: { number, staleReports: false } }),
      ).rejects.toMatchObject({ code: 'DEMETRA_BACKFILL_OVER', exitCode: 5 })
      expect(await store.get(at(700n).id)).toBeNull()
    })

    test('an append keeps the lowest position and prolongs the backfill', async () => {
      const store = await opened.store()
      const { number } = await store.backfills.begin(IMPORT, LONG)
      const backfill = { number, staleReports: false }
      await store.append([at(300n), at(200n), at(250n)], { backfill })
      await store.append([at(280n)], { backfill })
      await store.append([at(280n)], { backfill })
      expect(await store.backfills.since(0)).toMatchObject([{ number, lowest: 200n, running: true }])
      expect((await all(store.read())).map(({ position }) => position)).toEqual([200n, 250n, 280n, 300n])
    })

    test('the whole call is refused below a reader; the reports are named', async () => {
      const store = await opened.store()
      await advance(store, 100n)
      await advance(store, 50n, { name: 'other' })
      const { number } = await store.backfills.begin(IMPORT, LONG)
      const backfill = { number, staleReports: false }
      const refusal = store.append([at(101n), at(100n)], { backfill })
      await expect(refusal).rejects.toMatchObject({
        code: 'DEMETRA_BACKFILL_BELOW_READERS',
        exitCode: 1,
        context: { reports: 'sales' },
      })
      expect(await all(store.read())).toEqual([])
      expect((await store.append([at(101n)], { backfill })).written).toBe(1)
    })

    test('what is stored already is a duplicate, wherever readers stand', async () => {
      const store = await opened.store()
      const first = await store.backfills.begin(IMPORT, LONG)
      await store.append([at(10n)], { backfill: { number: first.number, staleReports: false } })
      await store.backfills.end(first.number)
      await advance(store, 100n)
      const { number } = await store.backfills.begin(IMPORT, LONG)
      const result = await store.append([at(10n), at(200n)], { backfill: { number, staleReports: false } })
      expect(result).toMatchObject({ written: 1, duplicateIndexes: [0] })
      expect(await store.backfills.since(first.number)).toMatchObject([{ number, lowest: 200n }])
    })

    test('with staleReports it goes below readers, and its number and lowest position say so', async () => {
      const store = await opened.store()
      await advance(store, 100n)
      const { number } = await store.backfills.begin(IMPORT, LONG)
      await store.append([at(30n)], { backfill: { number, staleReports: true } })
      expect(await store.backfills.since(number - 1)).toMatchObject([{ number, lowest: 30n }])
      expect(await store.backfills.since(number)).toEqual([])
    })

    test('a resumed import begins under a new number', async () => {
      const store = await opened.store()
      const numbers = [await store.backfills.begin(IMPORT, LONG), await store.backfills.begin(IMPORT, LONG)]
      expect(numbers.map(({ number }) => number)).toEqual([1, 2])
    })
  })
}
