import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import { HeldLease, LEASE_MS } from '../../src/projection/held-lease.ts'
import { Slices } from '../../src/projection/slices.ts'
import { count, counting, noise } from './counting.ts'
import { logOf, newEvent, Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  vi.useRealTimers()
  await work.close()
})

const HOUR = 3600n << 31n

describe('slices', () => {
  test('are an eighth of the way at first, an hour at least, and never beyond the end', () => {
    const slices = new Slices(0n, 80n * HOUR)
    expect(slices.next(0n, 80n * HOUR)).toBe(10n * HOUR)
    expect(slices.next(75n * HOUR, 80n * HOUR)).toBe(80n * HOUR)
    expect(new Slices(0n, HOUR / 2n).next(0n, 3n * HOUR)).toBe(HOUR)
  })

  test('grow where they are quick, and shrink where they are not', () => {
    const slices = new Slices(0n, 80n * HOUR)
    slices.took(10)
    expect(slices.next(0n, 1000n * HOUR)).toBe(40n * HOUR)
    slices.took(500)
    expect(slices.next(0n, 1000n * HOUR)).toBe(40n * HOUR)
    slices.took(2000)
    expect(slices.next(0n, 1000n * HOUR)).toBe(20n * HOUR)
  })
})

describe('a run over years with few events of interest', () => {
  async function sparse(): Promise<void> {
    const years = Array.from({ length: 20 }, (_, i) => Date.UTC(2000 + i, 0, 1))
    const events = years.map((time, i) =>
      newEvent(i % 19 === 0 ? count('a', i) : noise(), positionAt(time) + 1n),
    )
    const { number } = await work.eventStore.backfills.begin('import', 60_000)
    await work.eventStore.append(events, { backfill: { number, staleReports: false } })
    await work.eventStore.backfills.end(number)
  }

  test('tells how far it reads before each slice, and saves the checkpoint after it', async () => {
    await sparse()
    const told: bigint[] = []
    const saved: bigint[] = []
    const readers = {
      ...work.eventStore.readers,
      advance: async (reader: Parameters<typeof work.eventStore.readers.advance>[0]) => {
        told.push(reader.readTo)
        return work.eventStore.readers.advance(reader)
      },
    }
    // a clock by which every slice is slow, so that they stay small
    let now = 0
    const result = await work.run(counting, {
      eventStore: logOf(work.eventStore, { readers }),
      now: () => (now += 600),
      onProgress: ({ position }) => saved.push(position),
    })
    expect(result).toMatchObject({ events: 2, shown: 1 })
    expect(told.length).toBeGreaterThan(7)
    expect(saved).toEqual(told)
    expect(told.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(told)
    expect(told.at(-1)).toBe(result.to)
  })

  test('reads nothing beyond what it told', async () => {
    await sparse()
    let told = -1n
    const readers = {
      ...work.eventStore.readers,
      advance: async (reader: Parameters<typeof work.eventStore.readers.advance>[0]) => {
        told = reader.readTo
        return work.eventStore.readers.advance(reader)
      },
    }
    const reads: boolean[] = []
    const eventStore = logOf(work.eventStore, {
      readers,
      read: (options) => {
        // one event, to choose the slices by, is looked for before
        if (options?.batchEvents !== 1) reads.push((options?.upTo ?? 1n << 63n) <= told)
        return work.eventStore.read(options)
      },
    })
    await work.run(counting, { eventStore })
    expect(reads.length).toBeGreaterThan(1)
    expect(reads).not.toContain(false)
  })
})

describe('a run', () => {
  test('waits until what was there at its start is settled, and no longer', async () => {
    await work.append(count('a', 1), count('a', 2))
    let asked = 0
    const newest = await work.eventStore.newestPosition()
    const eventStore = logOf(work.eventStore, {
      stablePosition: async () => {
        asked += 1
        return asked === 1 ? newest - 1n : newest
      },
    })
    expect(await work.run(counting, { eventStore })).toMatchObject({ events: 2, to: newest })
    expect(asked).toBe(2)
  })
})

describe('a lease in hand', () => {
  test('is renewed while the run works, until it is lost', async () => {
    vi.useFakeTimers()
    const renewed: bigint[] = []
    let mine = true
    const store = Object.assign(work.reportStore, {
      renew: async (_of: unknown, token: bigint) => {
        renewed.push(token)
        return mine
      },
      release: async () => undefined,
    })
    const lease = new HeldLease(store, { name: 'report', generation: 1 }, 7n)
    await vi.advanceTimersByTimeAsync(LEASE_MS)
    expect(renewed).toEqual([7n, 7n, 7n])
    expect(lease.lost).toBe(false)
    mine = false
    await vi.advanceTimersByTimeAsync(LEASE_MS / 3)
    expect(lease.lost).toBe(true)
    await lease.release()
    await vi.advanceTimersByTimeAsync(LEASE_MS)
    expect(renewed).toHaveLength(4)
  })
})
