import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { StoredEvent } from '../../../src/event/event.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { all, anEvent, endOf, type EventStoreHarness, events, ids, Opened, plain, START } from './fixture.ts'
import { archive, archiveFence, contentOf, intentOf, xorOf } from './segments.ts'

export function tombstoneTests(harness: EventStoreHarness): void {
  describe('an archived event', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('stays known and counted, and is nowhere to be read', async () => {
      const store = await opened.store()
      const sent = events(5, (n) =>
        anEvent(`e${n}`, { aggregateId: 'order/1', correlationId: 'customer/1', type: `t${n % 2}` }),
      )
      await store.append(sent)
      const log = await all(store.read())
      const [counted, newest] = [await store.statistics(), await store.newestPosition()]
      const fence = await archiveFence(store)
      const number = await archive(store.catalogue, log.slice(2), fence)

      const again = sent.map((event, n) => (n === 4 ? { ...event, digest: new Uint8Array(16) } : event))
      const outcomes = ['duplicate', 'duplicate', 'duplicate', 'duplicate', 'conflict']
      expect(await store.lookup(again)).toEqual(outcomes)
      expect(await store.append(again)).toMatchObject({
        written: 0,
        duplicateIndexes: [0, 1, 2, 3],
        conflictIndexes: [4],
      })
      expect(await store.append(again, { order: 'aggregate' })).toMatchObject({
        written: 0,
        duplicates: 4,
        conflicts: 1,
      })

      const live = log.slice(0, 2)
      expect(await all(store.read())).toEqual(live)
      expect(await all(store.read({ types: ['t0', 't1'] }))).toEqual(live)
      expect(await all(store.history({ aggregateId: 'order/1' }))).toEqual(live)
      expect(await all(store.history({ correlationId: 'customer/1' }))).toEqual(live)
      expect(await store.summary(START, endOf(newest))).toEqual({
        events: 2,
        idsXor: xorOf(live.map(({ id }) => id)),
      })
      expect(await store.get(log[2]!.id)).toBeNull()
      expect(await store.get(log[1]!.id)).toEqual(log[1])
      expect(await store.newestPosition()).toBe(newest)
      expect({ ...(await store.statistics()), sizeBytes: 0 }).toEqual({ ...counted, sizeBytes: 0 })

      const { position, digest } = log[4]!
      expect(await store.catalogue.tombstone(log[4]!.id)).toEqual({ position, digest, segment: number })
      expect(await store.catalogue.tombstone(log[1]!.id)).toBeNull()
    })

    test('nothing is below what is archived: new events go on above it, where all are archived too', async () => {
      const store = await opened.store()
      await store.append(events(3, (n) => anEvent(`e${n}`)))
      const log = await all(store.read())
      await archive(store.catalogue, log, await archiveFence(store))
      expect(await store.newestPosition()).toBe(log[2]!.position)
      await store.append([anEvent('next')])
      const [next] = await all(store.read())
      expect(next!.position).toBeGreaterThan(log[2]!.position)
    })

    test('is made of exactly what it is asked of, and the rest is told and left', async () => {
      const store = await opened.store()
      await store.append(events(7, (n) => anEvent(`e${n}`, { position: BigInt(n + 1) })))
      const log = await all(store.read())
      const fence = await archiveFence(store)
      const one = await archive(store.catalogue, log.slice(0, 1), fence)
      const two = await archive(store.catalogue, log.slice(1, 6), fence, { purged: false })
      const asked = [
        log[0]!,
        log[1]!,
        { ...log[2]!, digest: log[1]!.digest },
        { ...log[3]!, position: log[4]!.position },
        { ...anEvent('never'), position: 3n },
        log[4]!,
      ]
      expect(await store.catalogue.entomb(two, asked, fence)).toEqual({
        moved: 2,
        already: 0,
        left: [
          { index: 0, why: 'elsewhere' },
          { index: 2, why: 'differs' },
          { index: 3, why: 'differs' },
          { index: 4, why: 'unknown' },
        ],
      })
      expect(await all(store.read())).toEqual([log[2], log[3], log[5], log[6]])
      expect(await store.catalogue.revive(two, [log[0]!, log[1]!, log[2]!], fence)).toEqual({
        moved: 1,
        already: 1,
        left: [{ index: 0, why: 'elsewhere' }],
      })
      expect(await store.catalogue.tombstoneSums()).toEqual([
        { segment: one, tombstones: 1, idsXor: log[0]!.id, digestsXor: log[0]!.digest },
        { segment: two, tombstones: 1, idsXor: log[4]!.id, digestsXor: log[4]!.digest },
      ])
    })

    test('comes back as it was, to the byte', async () => {
      const store = await opened.store()
      const sent = events(3000, (n) =>
        anEvent(`e${n}`, {
          payload: `{"b":${n},"1":9007199254740993,"":1.10,"__proto__":{"$a.b":"😀"},"nul":"\\u0000"}`,
          metaExtra: n % 2 === 0 ? '{"actor":"ann","2":1,"1":1e2}' : null,
          receivedAt: Date.UTC(2020, 0, 1) + n,
          position: BigInt(n % 100) + 1n,
        }),
      )
      await store.append(sent)
      const log = await all(store.read())
      const before = await store.statistics()
      const fence = await archiveFence(store)
      const number = await archive(store.catalogue, log, fence)
      expect(await all(store.read())).toEqual([])
      expect(await store.catalogue.revive(number, log, fence)).toEqual({ moved: 3000, already: 0, left: [] })
      await store.catalogue.restored(number, fence)

      expect((await all(store.read())).map(plain)).toEqual(log.map(plain))
      expect(ids(await all(store.history({ aggregateId: 'order/e7' })))).toEqual(ids([anEvent('e7')]))
      expect({ ...(await store.statistics()), sizeBytes: 0 }).toEqual({ ...before, sizeBytes: 0 })
      expect((await store.append(sent)).duplicates).toBe(3000)
      expect(await store.catalogue.tombstoneSums()).toEqual([])

      // and is archived anew
      const next = await archiveFence(store, 'archive 2')
      expect(await archive(store.catalogue, log, next)).toBe(number + 1)
      expect((await store.append(sent)).duplicates).toBe(3000)
    })

    test('is never stored again by those who send it while it is moved, there and back', async () => {
      const database = await opened.database()
      const [archiving, sending] = [await database.open(), await database.open()]
      const sent = events(6000, (n) => anEvent(`e${n}`))
      await sending.append(sent)
      const log = await all(sending.read())
      const fence = await archiveFence(archiving)
      const number = await archive(archiving.catalogue, log, fence, { purged: false })

      const over = new AbortController()
      const resend = async (size: number) => {
        let duplicates = 0
        for (let from = 0; !over.signal.aborted; from = (from + size) % sent.length) {
          const some = sent.slice(from, from + size)
          const changed = { ...some[0]!, digest: new Uint8Array(16) }
          const result = await sending.append([...some, changed])
          expect(result).toMatchObject({ written: 0, duplicates: some.length, conflicts: 1 })
          expect(new Set(await sending.lookup(some))).toEqual(new Set(['duplicate']))
          duplicates += result.duplicates
          await nextTurn()
        }
        return duplicates
      }
      const senders = [resend(100), resend(1000)]
      try {
        for (let round = 0; round < 3; round += 1) {
          const there = await archiving.catalogue.entomb(number, log, fence)
          expect(there).toEqual({ moved: 6000, already: 0, left: [] })
          const back = await archiving.catalogue.revive(number, log, fence)
          expect(back).toEqual({ moved: 6000, already: 0, left: [] })
        }
      } finally {
        over.abort()
      }
      for (const duplicates of await Promise.all(senders)) expect(duplicates).toBeGreaterThan(0)
      expect((await all(archiving.read())).map(plain)).toEqual(log.map(plain))
      expect((await archiving.statistics()).events).toBe(6000)
    })

    test('a reader that watches the revision misses none and sees none twice', async () => {
      const database = await opened.database()
      const [archiving, reading] = [await database.open(), await database.open()]
      await archiving.append(events(4000, (n) => anEvent(`e${n}`, { position: BigInt(n + 1) })))
      const log = await all(archiving.read())
      const fence = await archiveFence(archiving)
      let from = 0
      // between its look at the list and its reading, and while it reads
      const archiveNext = async () => {
        if (from >= log.length) return
        from += 500
        await archive(archiving.catalogue, log.slice(from - 500, from), fence)
      }
      expect(await readBoth(reading, log, archiveNext)).toEqual(log.map(({ position }) => position))
      expect(await all(reading.read())).toEqual([])
    })

    test('is made anew from the archive alone, and counted', async () => {
      const full = await opened.store()
      const sent = events(50, (n) => anEvent(`e${n}`, { type: `t${n % 3}` }))
      await full.append(sent)
      const log = await all(full.read())
      const counted = await full.statistics()

      // the archive has 40; of those a backup of the store still had 10, and two were sent again
      const store = await opened.store()
      const archived = log.slice(0, 40)
      await store.append(log.slice(0, 10))
      await store.append([
        { ...sent[38]!, position: null },
        { ...sent[39]!, digest: new Uint8Array(16), position: null },
      ])
      const fence = await archiveFence(store)
      const segment = { number: 3, ...intentOf(archived), ...contentOf(archived) }
      for (let time = 0; time < 2; time += 1) await store.catalogue.adopt(segment, fence)
      expect(await store.catalogue.segments()).toMatchObject({
        revision: 1,
        segments: [{ number: 3, state: 'committed' }],
      })
      await expect(
        store.catalogue.adopt({ ...segment, ...contentOf(log, 'other') }, fence),
      ).rejects.toMatchObject({ code: 'DEMETRA_SEGMENT_DIFFERS' })

      const live = Array.from({ length: 10 }, (_, index) => ({ index, why: 'live' }))
      const differing = [38, 39].map((index) => ({ index, why: 'differs' }))
      expect(await store.catalogue.addTombstones(3, archived.slice(0, 25), fence)).toEqual({
        moved: 15,
        already: 0,
        left: live,
      })
      expect(await store.catalogue.addTombstones(3, archived, fence)).toEqual({
        moved: 13,
        already: 15,
        left: [...live, ...differing],
      })
      expect(await store.catalogue.entomb(3, archived.slice(0, 38), fence)).toEqual({
        moved: 10,
        already: 28,
        left: [],
      })
      expect(await store.lookup(sent.slice(0, 40))).toEqual([
        ...Array<string>(39).fill('duplicate'),
        'conflict',
      ])
      expect(await store.newestPosition()).toBeGreaterThanOrEqual(archived.at(-1)!.position)
      expect(await store.catalogue.begin(intentOf(log), fence)).toBe(4)

      expect((await store.append(log)).written).toBe(10)
      const types = (of: typeof counted) => of.types.map(({ type, events: number }) => `${type} ${number}`)
      expect(types(await store.statistics())).toEqual(types(counted))
      expect(await store.catalogue.revive(3, archived.slice(0, 38), fence)).toEqual({
        moved: 38,
        already: 0,
        left: [],
      })
      expect((await all(store.read())).slice(0, 38).map(plain)).toEqual(archived.slice(0, 38).map(plain))
    })
  })
}

/**
 * Positions of live and archived events, read as catalogue.ts says. `log` stands for the archive: it has of it what a
 * segment holds. `meanwhile`: before each reading of what is live.
 */
async function readBoth(
  store: EventStore,
  log: readonly StoredEvent[],
  meanwhile: () => Promise<void>,
): Promise<bigint[]> {
  const found: bigint[] = []
  let list = await store.catalogue.segments()
  const take = (batch: readonly StoredEvent[], upTo: bigint): void => {
    const archived = log.filter(
      ({ position }) =>
        position > (found.at(-1) ?? 0n) &&
        position <= upTo &&
        list.segments.some(({ first, last, state }) => {
          const isRead = state === 'committed' || state === 'purged'
          return isRead && position >= first.position && position <= last.position
        }),
    )
    const both = new Set([...archived, ...batch].map(({ position }) => position))
    found.push(...[...both].toSorted((a, b) => Number(a - b)))
  }
  const hasGrown = async (): Promise<boolean> => {
    if ((await store.catalogue.revision()) === list.revision) return false
    list = await store.catalogue.segments()
    return true
  }
  for (;;) {
    let isWhole = true
    const after = endOf(found.at(-1) ?? 0n)
    await meanwhile()
    for await (const batch of store.read({ after, batchEvents: 300 })) {
      isWhole = !(await hasGrown())
      if (!isWhole) break
      take(batch, batch.at(-1)!.position)
    }
    if (!isWhole || (await hasGrown())) continue
    take([], 2n ** 62n)
    return found
  }
}
