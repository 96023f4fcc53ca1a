import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LOG_START } from '../../../src/event/log-order.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import type { ReportStatus } from '../../../src/report-store/report-store.ts'
import { readFacts } from '../../../src/server/page/facts.ts'
import { MinuteCounts } from '../../../src/server/page/minute-counts.ts'
import { SqliteEventStore } from '../../../src/event-store/sqlite.ts'
import { temporaryFolder } from '../../cli/demetra.ts'
import { newEvent } from './new-event.ts'

const HOUR_MS = 3_600_000
const MORNING = Date.parse('2026-11-24T06:00:00.000Z')

let folder: ReturnType<typeof temporaryFolder>
let nowMs: number
let store: EventStore
beforeEach(() => {
  folder = temporaryFolder()
  nowMs = MORNING
  store = new SqliteEventStore(`${folder.path}/events.db`, { now: () => nowMs })
})
afterEach(async () => {
  await store.close()
  folder[Symbol.dispose]()
})

const arrive = (atMs: number) => {
  nowMs = atMs
  return store.append([newEvent({ receivedAt: atMs })])
}

/** What is told of a report that has read up to here. */
async function factsOfReport(checkpoint: ReportStatus['checkpoint']) {
  const list = () => Promise.resolve([{ name: 'sales', checkpoint, stale: [], heldBy: null } as never])
  const facts = await readFacts({ store, reportStore: { list }, minuteCounts: new MinuteCounts(store) })
  return facts.reports[0]
}

const newest = async () => ({ ...LOG_START, position: await store.newestPosition() })

describe('since when events wait for a report', () => {
  it('is when the first one that it has not read came in', async () => {
    await arrive(MORNING - 10 * HOUR_MS)
    const checkpoint = await newest()
    await arrive(MORNING - 3 * HOUR_MS)
    await arrive(MORNING)
    expect((await factsOfReport(checkpoint))?.unreadSince).toBe('2026-11-24T03:00:00.000Z')
    expect((await factsOfReport(null))?.unreadSince).toBe('2026-11-23T20:00:00.000Z')
  })

  it('is not told by how far apart events stand: after a quiet night the first one has just come', async () => {
    await arrive(MORNING - 10 * HOUR_MS)
    const checkpoint = await newest()
    await arrive(MORNING)
    const report = await factsOfReport(checkpoint)
    expect(report?.lagMs).toBe(10 * HOUR_MS)
    expect(report?.unreadSince).toBe('2026-11-24T06:00:00.000Z')
  })

  it('is nothing where it has read all, or read on within the hour', async () => {
    await arrive(MORNING - HOUR_MS / 2)
    const checkpoint = await newest()
    expect((await factsOfReport(checkpoint))?.unreadSince).toBeNull()
    await arrive(MORNING)
    expect((await factsOfReport(checkpoint))?.unreadSince).toBeNull()
  })
})

it('a report store that fails is told, and all else is told too', async () => {
  await arrive(MORNING)
  const list = () => Promise.reject(new Error('postgres://me:secret@db is away'))
  const facts = await readFacts({ store, reportStore: { list }, minuteCounts: new MinuteCounts(store) })
  expect(facts).toMatchObject({
    reports: [],
    reportStoreFailure: { message: 'postgres://***@db is away' },
    status: { store: { events: 1 } },
  })
})

it('an empty store that is not there yet has nothing, and is not created', async () => {
  const missing = await openEventStore(`sqlite:${folder.path}/none.db`, { missing: 'empty' })
  const reportStore = { list: () => Promise.resolve([]) }
  const facts = await readFacts({ store: missing, reportStore, minuteCounts: new MinuteCounts(missing) })
  expect(facts.status.store.events).toBe(0)
  expect(facts.minutes.every(({ events }) => events === 0)).toBe(true)
  await missing.close()
})
