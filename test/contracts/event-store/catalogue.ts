import { afterEach, describe, expect, test } from 'vitest'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { all, anEvent, bytesOf, type EventStoreHarness, events, Opened } from './fixture.ts'
import { archive, archiveFence, contentOf, intentOf } from './segments.ts'

const fenced = { code: 'DEMETRA_ARCHIVE_FENCED', exitCode: 11 }

export function catalogueTests(harness: EventStoreHarness): void {
  describe('the catalogue', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    async function filled(count: number, store?: EventStore) {
      store ??= await opened.store()
      await store.append(events(count, (n) => anEvent(`e${n}`, { position: BigInt(n + 1) * 10n })))
      return { store, log: await all(store.read()) }
    }

    test('is empty at first', async () => {
      const { catalogue } = await opened.store()
      expect(await catalogue.revision()).toBe(0)
      expect(await catalogue.segments()).toEqual({ revision: 0, segments: [] })
      expect(await catalogue.segment(1)).toBeNull()
      expect(await catalogue.tombstone(bytesOf('e'))).toBeNull()
      expect(await catalogue.tombstoneSums()).toEqual([])
    })

    test('takes a segment through its steps, each as often as it is asked for', async () => {
      const { store, log } = await filled(6)
      const { catalogue } = store
      const fence = await archiveFence(store)
      const [intent, content] = [intentOf(log), contentOf(log)]

      expect(await catalogue.begin(intent, fence)).toBe(1)
      const intended = { number: 1, state: 'intended', ...intent, content: null, reason: null }
      expect(await catalogue.segment(1)).toMatchObject(intended)
      expect(await catalogue.revision()).toBe(0)
      await expect(catalogue.entomb(1, log, fence)).rejects.toMatchObject({ code: 'DEMETRA_SEGMENT_STATE' })

      for (let time = 0; time < 2; time += 1) await catalogue.commit(1, content, fence)
      const before = await store.now()
      const list = await catalogue.segments()
      expect(list).toMatchObject({ revision: 1, segments: [{ ...intended, state: 'committed', content }] })
      expect(list.segments[0]!.changedAt).toBeGreaterThan(before - 60_000)
      expect(list.segments[0]!.changedAt).toBeLessThanOrEqual(await store.now())
      await expect(catalogue.commit(1, contentOf(log, 'other'), fence)).rejects.toMatchObject({
        code: 'DEMETRA_SEGMENT_DIFFERS',
      })

      expect(await catalogue.entomb(1, log.slice(0, 2), fence)).toEqual({ moved: 2, already: 0, left: [] })
      expect(await catalogue.entomb(1, log, fence)).toEqual({ moved: 4, already: 2, left: [] })
      expect(await catalogue.entomb(1, log, fence)).toEqual({ moved: 0, already: 6, left: [] })
      for (let time = 0; time < 2; time += 1) await catalogue.purged(1, fence)
      await catalogue.commit(1, content, fence)
      expect(await catalogue.segment(1)).toMatchObject({ state: 'purged', content })
      expect(await catalogue.revision()).toBe(1)

      expect(await catalogue.revive(1, log.slice(3), fence)).toEqual({ moved: 3, already: 0, left: [] })
      expect(await catalogue.revive(1, log, fence)).toEqual({ moved: 3, already: 3, left: [] })
      for (let time = 0; time < 2; time += 1) await catalogue.restored(1, fence)
      expect(await catalogue.segments()).toMatchObject({ revision: 2, segments: [{ state: 'restored' }] })
    })

    test('gives each number once, and keeps what was abandoned on record', async () => {
      const { store, log } = await filled(4)
      const { catalogue } = store
      const fence = await archiveFence(store)
      expect(await catalogue.begin(intentOf(log), fence)).toBe(1)
      for (let time = 0; time < 2; time += 1) await catalogue.abandon(1, 'other content lies there', fence)
      expect(await catalogue.segment(1)).toMatchObject({
        state: 'abandoned',
        content: null,
        reason: 'other content lies there',
      })
      await expect(catalogue.commit(1, contentOf(log), fence)).rejects.toMatchObject({
        code: 'DEMETRA_SEGMENT_STATE',
      })
      const more = await Promise.all(log.map((event) => catalogue.begin(intentOf([event]), fence)))
      expect(more.toSorted()).toEqual([2, 3, 4, 5])
      await catalogue.commit(2, contentOf(log), fence)
      await expect(catalogue.abandon(2, 'no', fence)).rejects.toMatchObject({ code: 'DEMETRA_SEGMENT_STATE' })
      await expect(catalogue.purged(9, fence)).rejects.toMatchObject({ code: 'DEMETRA_SEGMENT_STATE' })
    })

    test('lists the segments of a part of the log', async () => {
      const { store, log } = await filled(6)
      const fence = await archiveFence(store)
      for (let n = 0; n < 6; n += 2) await archive(store.catalogue, log.slice(n, n + 2), fence)
      const numbers = async (range: { after?: bigint; upTo?: bigint }) =>
        (await store.catalogue.segments(range)).segments.map(({ number }) => number)
      expect(await numbers({})).toEqual([1, 2, 3])
      expect(await numbers({ after: 19n })).toEqual([1, 2, 3])
      expect(await numbers({ after: 20n })).toEqual([2, 3])
      expect(await numbers({ upTo: 29n })).toEqual([1])
      expect(await numbers({ after: 20n, upTo: 30n })).toEqual([2])
      expect(await numbers({ after: 60n })).toEqual([])
      expect((await store.catalogue.segments({ after: 60n })).revision).toBe(3)
    })

    test('changes nothing for a holder whose lease was taken over or released', async () => {
      const database = await opened.database()
      const [first, second] = [await database.open(), await database.open()]
      const { log } = await filled(9, first)
      const old = await archiveFence(first)
      const parts = [log.slice(0, 3), log.slice(3, 6), log.slice(6)]
      await archive(first.catalogue, parts[0]!, old)
      await archive(first.catalogue, parts[1]!, old, { purged: false })
      await first.catalogue.begin(intentOf(parts[2]!), old)
      const before = await first.catalogue.segments()

      const refuse = async () => {
        const { catalogue } = first
        await expect(catalogue.begin(intentOf(log), old)).rejects.toMatchObject(fenced)
        await expect(catalogue.commit(3, contentOf(log), old)).rejects.toMatchObject(fenced)
        await expect(catalogue.abandon(3, 'late', old)).rejects.toMatchObject(fenced)
        await expect(catalogue.entomb(2, parts[1]!, old)).rejects.toMatchObject(fenced)
        await expect(catalogue.purged(2, old)).rejects.toMatchObject(fenced)
        await expect(catalogue.revive(1, parts[0]!, old)).rejects.toMatchObject(fenced)
        await expect(catalogue.restored(1, old)).rejects.toMatchObject(fenced)
        const adopted = { number: 7, ...intentOf(log), ...contentOf(log) }
        await expect(catalogue.adopt(adopted, old)).rejects.toMatchObject(fenced)
        const lost = [{ ...anEvent('lost'), position: 5n }]
        await expect(catalogue.addTombstones(2, lost, old)).rejects.toMatchObject(fenced)
        expect(await second.catalogue.segments()).toEqual(before)
        expect(await all(second.read())).toEqual(log.slice(3))
      }
      const fence = await archiveFence(second, 'archive 2')
      await refuse()
      await second.leases.release('archive', fence)
      await expect(second.catalogue.begin(intentOf(log), fence)).rejects.toMatchObject(fenced)
      await refuse()

      // the next one finishes what it finds
      const next = await archiveFence(second, 'archive 3')
      expect((await second.catalogue.entomb(2, parts[1]!, next)).moved).toBe(3)
      await second.catalogue.purged(2, next)
      await second.catalogue.commit(3, contentOf(parts[2]!), next)
      expect((await second.catalogue.entomb(3, parts[2]!, next)).moved).toBe(3)
    })

    test('what several do at once under one token is all there', async () => {
      const { store, log } = await filled(40)
      const fence = await archiveFence(store)
      const numbers = await Promise.all(log.map(async (event) => archive(store.catalogue, [event], fence)))
      expect(new Set(numbers).size).toBe(40)
      const { revision, segments } = await store.catalogue.segments()
      expect(revision).toBe(40)
      expect(segments.map(({ number, state }) => `${number} ${state}`)).toEqual(
        log.map((_, n) => `${n + 1} purged`),
      )
    })
  })
}
