import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/event/position.ts'
import type { LogPoint, NewEvent } from '../../../src/event/event.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { SqliteEventStore } from '../../../src/event-store/sqlite.ts'
import { MinuteCounts } from '../../../src/server/page/minute-counts.ts'
import { temporaryFolder } from '../../cli/demetra.ts'
import { describeWithMongod, startMongod, type Mongod } from '../../servers/mongod.ts'
import { newEvent } from './new-event.ts'

const NOW = Date.parse('2026-11-24T18:51:30.000Z')

let folder: ReturnType<typeof temporaryFolder>
let store: SqliteEventStore
let nowMs: number
beforeEach(() => {
  folder = temporaryFolder()
  nowMs = NOW
  store = new SqliteEventStore(`${folder.path}/events.db`, { now: () => nowMs })
})
afterEach(async () => {
  await store.close()
  folder[Symbol.dispose]()
})

/** Counts how many events its summaries have gone over. */
function watched(): { summary: SqliteEventStore['summary']; counted: number } {
  const watch = {
    counted: 0,
    summary: async (after: LogPoint, upTo: LogPoint) => {
      const summary = await store.summary(after, upTo)
      watch.counted += summary.events
      return summary
    },
  }
  return watch
}

async function arrive(atMs: number, count: number): Promise<void> {
  nowMs = atMs
  await store.append(Array.from({ length: count }, (): NewEvent => newEvent()))
}

const told = async (counts: MinuteCounts, atMs: number): Promise<(number | null)[]> =>
  (await counts.read(atMs)).map(({ events }) => events)

describe('events per minute', () => {
  it('are those of the last hour, by the minute in which they came in', async () => {
    await arrive(NOW - 60 * 60_000, 5)
    await arrive(NOW - 59 * 60_000, 4)
    await arrive(NOW - 60_000, 3)
    await arrive(NOW, 2)
    const minutes = await new MinuteCounts(store).read(NOW)
    expect(minutes).toHaveLength(60)
    expect(minutes.map(({ events }) => events).filter((events) => events !== 0)).toEqual([4, 3, 2])
    expect(minutes.at(-1)).toEqual({ minuteMs: Date.parse('2026-11-24T18:51:00Z'), events: 2 })
  })

  it('go over each event once, but for those of the last seconds', async () => {
    await arrive(NOW - 60_000, 300)
    await arrive(NOW - 20_000, 200)
    await arrive(NOW - 1000, 10)
    const watch = watched()
    const counts = new MinuteCounts(watch)
    await told(counts, NOW)
    expect(watch.counted).toBe(510)
    await arrive(NOW + 1000, 1)
    expect((await told(counts, NOW + 1000)).slice(-2)).toEqual([300, 211])
    expect(watch.counted).toBe(510 + 11)
  })

  it('find what appeared late within the last seconds', async () => {
    const counts = new MinuteCounts(store)
    await arrive(NOW, 1)
    await told(counts, NOW)
    const late = newEvent({ position: positionAt(NOW - 4000) + 7n })
    await store.append([late])
    expect((await told(counts, NOW + 1000)).at(-1)).toBe(2)
  })

  it('leave older minutes for later where there is much to count, and have them in the end', async () => {
    const sizes = new Map([
      [0, 200_000],
      [1, 200_000],
      [2, 200_000],
    ])
    const minuteOf = (point: LogPoint) =>
      Math.floor((NOW - Number(point.position / 2n ** 31n) * 1000) / 60_000)
    const counts = new MinuteCounts({
      // each call is about one minute, or a part of the newest
      summary: (after, upTo) =>
        Promise.resolve({
          events: upTo.position - after.position > 2n ** 31n * 40n ? (sizes.get(minuteOf(after)) ?? 0) : 0,
          idsXor: new Uint8Array(16),
        }),
    })
    const first = await told(counts, NOW - (NOW % 60_000) + 59_999)
    expect(first).toContain(null)
    expect(first.slice(-2)).not.toContain(null)
    const second = await told(counts, NOW - (NOW % 60_000) + 59_999)
    expect(second).not.toContain(null)
  })
})

describeWithMongod('events per minute on MongoDB', () => {
  let mongod: Mongod
  beforeAll(async () => {
    mongod = await startMongod()
  })
  afterAll(() => mongod.stop())

  it('are counted by the positions that the server gave', async () => {
    const onMongodb = await openEventStore(mongod.url('minutes'))
    await onMongodb.append([newEvent(), newEvent()])
    await onMongodb.append([newEvent()])
    const counts = new MinuteCounts(onMongodb)
    const minutes = await counts.read(await onMongodb.now())
    // a minute may have ended in between
    expect(minutes.slice(-2).reduce((sum, { events }) => sum + (events ?? 0), 0)).toBe(3)
    expect(minutes.slice(0, -2).every(({ events }) => events === 0)).toBe(true)
    await onMongodb.close()
  })
})
