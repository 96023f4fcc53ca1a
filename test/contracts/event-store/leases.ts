import { afterEach, describe, expect, test } from 'vitest'
import type { EventStore, LeaseGrant } from '../../../src/event-store/event-store.ts'
import { type EventStoreHarness, Opened } from './fixture.ts'

const LONG = 600_000

async function granted(store: EventStore, name: string, owner: string, ttlMs = LONG): Promise<bigint> {
  const lease = await store.leases.acquire(name, owner, ttlMs)
  if (!lease.granted) throw new Error(`${name} is held by ${lease.owner}`)
  return lease.token
}

/** Asks until the other's lease has run out by the store's clock. */
async function takenOver(store: EventStore, name: string, owner: string): Promise<LeaseGrant> {
  for (;;) {
    const lease = await store.leases.acquire(name, owner, LONG)
    if (lease.granted) return lease
  }
}

export function leaseTests(harness: EventStoreHarness): void {
  describe('leases', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('one owner at a time; the other is told who', async () => {
      const database = await opened.database()
      const [ann, bob] = [await database.open(), await database.open()]
      await granted(ann, 'archive', 'ann')
      expect(await bob.leases.acquire('archive', 'bob', LONG)).toEqual({
        granted: false,
        owner: 'ann',
        expiresAt: expect.any(Number),
      })
      expect(await bob.leases.acquire('archive', 'ann', LONG)).toMatchObject({ granted: false })
      expect(await bob.leases.acquire('other', 'bob', LONG)).toMatchObject({ granted: true })
      expect((await ann.leases.list()).map(({ name, owner }) => [name, owner])).toEqual([
        ['archive', 'ann'],
        ['other', 'bob'],
      ])
    })

    test('the token grows at every take-over, over releases too, and an old one is worth nothing', async () => {
      const store = await opened.store()
      const first = await granted(store, 'archive', 'ann')
      expect(await store.leases.renew('archive', first, LONG)).toBe(true)
      await store.leases.release('archive', first)
      expect(await store.leases.list()).toEqual([])
      expect(await store.leases.renew('archive', first, LONG)).toBe(false)

      const second = await granted(store, 'archive', 'bob')
      expect(second).toBeGreaterThan(first)
      await store.leases.release('archive', first)
      expect(await store.leases.renew('archive', first, LONG)).toBe(false)
      expect(await store.leases.renew('archive', second, LONG)).toBe(true)
    })

    test("runs out by the store's clock, and its late owner learns of it", async () => {
      const store = await opened.store()
      const first = await granted(store, 'archive', 'ann', 1)
      const second = await takenOver(store, 'archive', 'bob')
      expect(second.token).toBeGreaterThan(first)
      expect(await store.leases.renew('archive', first, LONG)).toBe(false)
    })

    test('an owner that is known to be gone loses its lease, another does not', async () => {
      const store = await opened.store()
      const first = await granted(store, 'archive', 'gone')
      const isGone = (owner: string): boolean => owner === 'gone'
      expect(await store.leases.acquire('archive', 'bob', LONG, () => false)).toMatchObject({ owner: 'gone' })
      const second = await store.leases.acquire('archive', 'bob', LONG, isGone)
      expect(second.granted && second.token > first).toBe(true)
      expect(await store.leases.acquire('archive', 'cid', LONG, isGone)).toMatchObject({ owner: 'bob' })
    })

    test('of fifty at once one wins', async () => {
      const database = await opened.database()
      const stores = await Promise.all(Array.from({ length: 5 }, () => database.open()))
      const leases = await Promise.all(
        Array.from({ length: 50 }, (_, n) => stores[n % 5]!.leases.acquire('archive', `owner ${n}`, LONG)),
      )
      expect(leases.filter((lease) => lease.granted).length).toBe(1)
    })
  })
}
