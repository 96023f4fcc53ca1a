import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StoredEvent } from '../../src/event/event.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import { DirectoryObjectStore } from '../../src/object-store/directory.ts'
import { needsEventTypes } from '../../src/projection/projection.ts'
import { runReplays } from '../../src/projection/replay.ts'
import { runProjection } from '../../src/projection/run.ts'
import { whyRow } from '../../src/projection/why.ts'
import { count, counting } from '../projection/counting.ts'
import { REPORTS } from '../projection/reports/all.ts'
import { ALL } from '../projection/reports/events.ts'
import { makeLog } from '../projection/reports/log.ts'
import { plainFold, wholeReport } from '../projection/whole-report.ts'
import { Workspace } from '../projection/workspace.ts'
import { all } from '../segment/support.ts'
import { TestArchive } from './test-archive.ts'

let work: Workspace
let archive: TestArchive
let eventStore: EventLog

beforeEach(async () => {
  work = await Workspace.open()
  const objects = new DirectoryObjectStore(join(work.folder, 'archive'))
  archive = await TestArchive.begin(work.eventStore, objects)
  eventStore = new EventLog(work.eventStore, () => Promise.resolve(objects))
})
afterEach(async () => {
  await work.close()
})

const live = (): Promise<StoredEvent[]> => all(work.eventStore.read())

test('a replay before, during and after an archive run gives the same reports', async () => {
  await work.append(...makeLog(20_160_225, 60))
  const projections = Object.entries(REPORTS).map(([name, { definition }]) => ({
    name,
    definition,
    eventTypes: needsEventTypes(definition) ? ALL : [],
  }))
  const plain = await Promise.all(
    projections.map(({ definition, eventTypes }) => plainFold(definition, eventTypes, work.eventStore)),
  )
  const replayed = async (): Promise<void> => {
    const { reportStore } = work
    const outcomes = await runReplays(projections, { eventStore, reportStore, batchEvents: 20 })
    expect(outcomes.map(({ status }) => status)).toEqual(projections.map(() => 'fulfilled'))
    for (const [i, { name }] of projections.entries()) {
      const expected = plain[i] as (typeof plain)[number]
      expect(await wholeReport(reportStore, name, expected)).toEqual(expected)
    }
  }
  await replayed()
  const events = await live()
  await Promise.all([replayed(), archive.archive(events.slice(0, -40), 20_000)])
  await replayed()
  expect(await live()).toHaveLength(40)
  await archive.archive(await live(), 20_000)
  expect(archive.held.size).toBeGreaterThan(4)
  await replayed()
})

test('no report is told stale because events were archived, and it goes on', async () => {
  await work.append(...Array.from({ length: 30 }, (_, i) => count(`c/${i % 3}`, i)))
  await work.run(counting, { eventStore })
  await archive.archive((await live()).slice(0, 20))
  expect(await work.run(counting, { eventStore })).toMatchObject({ stale: [], events: 0 })
  await work.append(count('c/0', 100))
  await archive.archive(await live())
  await work.append(count('c/1', 200))
  expect(await work.run(counting, { eventStore })).toMatchObject({ stale: [], events: 2 })
  expect(await work.run(counting, { eventStore })).toMatchObject({ stale: [], events: 0 })

  const [first] = await work.rows()
  expect(first).toMatchObject({ counter: 'c/0', sum: 235 })
  const steps = whyRow({
    name: 'report',
    definition: counting,
    eventStore,
    key: ['c/0'],
    upTo: 2n ** 62n,
    skipped: new Set(),
  })
  let made = 0
  for await (const step of steps) if (step.changes['sum'] !== undefined) made += 1
  expect(made).toBe(11)
})

test('an event that comes late into what was archived is told', async () => {
  await work.append(...Array.from({ length: 10 }, (_, i) => count('c', i)))
  const events = await live()
  const [left, ...others] = events
  await runProjection({
    name: 'report',
    definition: counting,
    eventStore,
    reportStore: work.reportStore,
  })
  await archive.archive(others)
  const [, second] = events
  if (left === undefined || second === undefined) throw new Error('no events')
  const id = Buffer.from(left.id).fill(9)
  await work.eventStore.append([{ ...second, id, digest: id }])
  expect((await work.run(counting, { eventStore })).stale).toMatchObject([{ cause: 'late-event' }])
})
