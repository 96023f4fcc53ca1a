import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewEvent, StoredEvent } from '../../src/event/event.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import { positionAt } from '../../src/event/position.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { restoreEvents } from '../../src/archive/restore-events.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { needsEventTypes } from '../../src/projection/projection.ts'
import { runReplays } from '../../src/projection/replay.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { REPORTS } from '../projection/reports/all.ts'
import { ALL } from '../projection/reports/events.ts'
import { makeLog } from '../projection/reports/log.ts'
import { foldOf, wholeReport } from '../projection/whole-report.ts'
import { all } from '../segment/support.ts'
import { Place } from './place.ts'
import { forEachStoreWithS3 } from './stores.ts'

const PROJECTIONS = Object.entries(REPORTS).map(([name, { definition }]) => ({
  name,
  definition,
  eventTypes: needsEventTypes(definition) ? ALL : [],
}))
/** Replays beside the archive runs. For a long soak: `DEMETRA_FAULT_ROUNDS=20 npx vitest run test/archive/replays.test.ts`. */
const ROUNDS = Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? 1)
const PACE_MS = 20
/** Short, for a replay waits until what has just arrived is stable. */
const STABILITY_MS = 1000
/** So much stays live, the newest of what was there; and all that arrives meanwhile. */
const KEPT_EVENTS = 40

/** Of 2016, where they happened. */
const PAST = makeLog(20_160_225, 60).map((event, n): StoredEvent => {
  const position = positionAt(Date.parse(event.meta.created_at)) + BigInt(n) + 1n
  return { ...readEvent(JSON.stringify(event), { receivedAt: Date.UTC(2026, 0, 1) }), position }
})
const COMING = makeLog(20_170_225, 60).map((event): NewEvent => {
  const line = JSON.stringify({ ...event, id: event.id.replace(/^0+/u, '00000001') })
  return { ...readEvent(line, { receivedAt: Date.UTC(2026, 0, 1) }), position: null }
})

forEachStoreWithS3('replays beside an archive run', (create) => {
  let place: Place
  let reportStore: ReportStore
  beforeEach(async () => {
    place = await Place.open(await create())
    reportStore = await openReportStore(`sqlite:${join(place.folder, 'reports.db')}`)
  })
  afterEach(async () => {
    await reportStore?.close()
    await place?.close()
  })

  test('fill the same reports before, during and after it, while old and new events come in', async () => {
    const { store, objects } = place
    await store.append(PAST)
    const openStore = () => place.openStore(place.storeUrl, { stabilityMs: STABILITY_MS })
    const eventStore = new EventLog(await openStore(), () => Promise.resolve(objects))
    /** Each report is what the log makes of it, up to where its replay has read. */
    const replay = async (): Promise<void> => {
      const outcomes = await runReplays(PROJECTIONS, { eventStore, reportStore, batchEvents: 20 })
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected') throw outcome.reason
        expect(outcome.value).toMatchObject({ switched: true, stale: [] })
        const { name, definition, eventTypes } = PROJECTIONS[i]!
        const expected = foldOf(definition, eventTypes, await logUpTo(store, outcome.value.to))
        expect(await wholeReport(reportStore, name, expected), name).toEqual(expected)
      }
    }

    await replay()
    const during = { moves: 0, isOver: false }
    const moving = move(place, during)
    const sending = send(await openStore(), during)
    try {
      for (let round = 0; round < ROUNDS || during.moves < 2; round += 1) await replay()
    } finally {
      during.isOver = true
      await Promise.allSettled([moving, sending])
    }
    await moving
    const arrived = await sending
    await replay()
    expect((await logUpTo(store, 2n ** 62n)).length).toBe(PAST.length + arrived)
    expect((await verifyArchive({ store, objects, deep: true })).damages).toEqual([])
  })
})

/** Archives, and brings back, in turns; ends archived. */
async function move(place: Place, during: { moves: number; isOver: boolean }): Promise<void> {
  const beforeMs = PAST.toSorted(inLogOrder).at(-KEPT_EVENTS)!.createdAt
  for (;;) {
    expect((await place.archive({ beforeMs })).segments.length).toBeGreaterThan(4)
    if (during.isOver) return
    const { store, objects } = place
    expect(await restoreEvents({ store, objects, what: {} })).toMatchObject({ left: 0 })
    during.moves += 1
  }
}

/** By what is known of it: of what was archived nothing is read. */
async function logUpTo(store: EventStore, upTo: bigint): Promise<StoredEvent[]> {
  const live = await all(store.read())
  const arrived = live.filter(({ position }) => !PAST.some((past) => past.position === position))
  return [...PAST, ...arrived].filter(({ position }) => position <= upTo).toSorted(inLogOrder)
}

/** Events that are there, and some that are not, one after the other. Returns how many were not. */
async function send(store: EventStore, during: { isOver: boolean }): Promise<number> {
  let arrived = 0
  for (let round = 0; !during.isOver; round += 1) {
    const again = Array.from({ length: 20 }, (_, i) => PAST[(round * 20 + i) % PAST.length]!)
    expect(await store.append(again)).toMatchObject({ written: 0, duplicates: again.length })
    const fresh = COMING.slice(arrived, arrived + 3)
    expect(await store.append(fresh)).toMatchObject({ written: fresh.length })
    arrived += fresh.length
    await delay(PACE_MS)
  }
  return arrived
}
