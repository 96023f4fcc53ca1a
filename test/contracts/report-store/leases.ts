import { testWhere } from '../test-where.ts'
import { expect, test } from 'vitest'
import { pause } from '../../../src/pause.ts'
import { commitOf, point, REPORT, type Suite } from './support.ts'

/** Guarantee 4: one lease at a time, by the clock of the store. */
export function leaseTests({ givenClock, open }: Suite): void {
  testWhere(givenClock, 'a lease runs out by the clock, to the millisecond', async () => {
    let now = 1000
    const [a, b] = [await open(() => now), await open(() => now)]
    const report = await a.open(REPORT)
    const first = await a.acquire(report, 'a', 100)
    expect(first).toEqual({ granted: true, token: 1n })
    expect(await b.acquire(report, 'b', 100)).toEqual({ granted: false, owner: 'a', expiresAt: 1100 })
    expect((await b.status(report.name))?.heldBy).toEqual({ owner: 'a', expiresAt: 1100 })
    now = 1050
    expect(await a.renew(report, 1n, 100)).toBe(true)
    now = 1149
    expect((await b.acquire(report, 'b', 100)).granted).toBe(false)
    now = 1150
    expect((await b.status(report.name))?.heldBy).toBeNull()
    expect(await b.acquire(report, 'b', 100)).toEqual({ granted: true, token: 2n })
    expect(await a.renew(report, 1n, 100)).toBe(false)
    await a.release(report, 1n)
    expect((await a.acquire(report, 'a', 100)).granted).toBe(false)
    await b.release(report, 2n)
    expect(await a.acquire(report, 'a', 100)).toEqual({ granted: true, token: 3n })
  })

  testWhere(givenClock, 'a commit prolongs the lease; one that lost it writes nothing', async () => {
    let now = 0
    const [a, b] = [await open(() => now), await open(() => now)]
    const report = await a.open(REPORT)
    await a.acquire(report, 'a', 100)
    now = 90
    expect(await a.commit(commitOf(report, 1n, { ttlMs: 100 }))).toBe(true)
    now = 150
    expect((await b.acquire(report, 'b', 100)).granted).toBe(false)
    now = 190
    expect((await b.acquire(report, 'b', 100)).granted).toBe(true)
    const late = commitOf(report, 1n, { from: point(1n), checkpoint: point(2n) })
    expect(await a.commit(late)).toBe(false)
    expect(await b.commit({ ...late, token: 2n })).toBe(true)
  })

  test('one lease at a time; it runs out, and the token grows', async () => {
    const [a, b] = [await open(), await open()]
    const report = await a.open(REPORT)
    expect(await a.acquire(report, 'a', 60_000)).toEqual({ granted: true, token: 1n })
    const held = (await b.status(report.name))?.heldBy
    expect(held?.owner).toBe('a')
    expect(await b.acquire(report, 'b', 60_000)).toEqual({ granted: false, ...held })
    expect(await a.renew(report, 1n, 120_000)).toBe(true)
    expect((await b.status(report.name))?.heldBy?.expiresAt).toBeGreaterThan((held?.expiresAt ?? 0) + 30_000)
    expect(await a.commit(commitOf(report, 1n, { ttlMs: 1 }))).toBe(true)
    await pause(50)
    expect((await b.status(report.name))?.heldBy).toBeNull()
    expect(await b.acquire(report, 'b', 60_000)).toEqual({ granted: true, token: 2n })
    const late = commitOf(report, 1n, { from: point(1n), checkpoint: point(2n) })
    expect(await a.commit(late)).toBe(false)
    expect(await a.renew(report, 1n, 100)).toBe(false)
    await a.release(report, 1n)
    expect((await a.acquire(report, 'a', 100)).granted).toBe(false)
    await b.release(report, 2n)
    expect((await a.status(report.name))?.heldBy).toBeNull()
    expect(await a.acquire(report, 'a', 100)).toEqual({ granted: true, token: 3n })
  })

  test('the lease of an owner that is gone is free', async () => {
    const store = await open()
    const report = await store.open(REPORT)
    await store.acquire(report, 'a', 60_000)
    expect(await store.acquire(report, 'b', 60_000, (owner) => owner !== 'a')).toMatchObject({
      granted: false,
    })
    expect(await store.acquire(report, 'b', 60_000, (owner) => owner === 'a')).toEqual({
      granted: true,
      token: 2n,
    })
  })
}
