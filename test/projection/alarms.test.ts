import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { runReplay } from '../../src/projection/replay.ts'
import { runProjection } from '../../src/projection/run.ts'
import type { RunLog } from '../../src/projection/run-types.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { describeWithMongod, startMongod } from '../servers/mongod.ts'
import { slipIn } from '../support/slip-in.ts'
import { count, counting } from './counting.ts'
import { plainFold, wholeReport } from './whole-report.ts'
import { logOf, newEvent } from './workspace.ts'

const KINDS = [
  { name: 'SQLite', describe, start: startSqlite },
  { name: 'MongoDB', describe: describeWithMongod, start: startMongo },
]

async function startSqlite() {
  const folder = await mkdtemp(join(tmpdir(), 'demetra-alarms-'))
  return { url: `sqlite:${join(folder, 'events.db')}`, stop: () => rm(folder, { recursive: true }) }
}

async function startMongo() {
  const server = await startMongod()
  return { url: server.url('alarms'), stop: () => server.stop() }
}

/** One event a second from here on, and those that come in between. */
const FIRST_SECOND = 1000
const EVENTS = 20

for (const kind of KINDS) {
  kind.describe(`with events in ${kind.name}`, () => {
    let started: Awaited<ReturnType<typeof kind.start>>
    let eventStore: EventStore
    let reportStore: ReportStore
    beforeAll(async () => {
      started = await kind.start()
      eventStore = await openEventStore(started.url)
      reportStore = await openReportStore('sqlite::memory:')
      await backfill(...Array.from({ length: EVENTS }, (_, n) => FIRST_SECOND + n))
    })
    afterAll(async () => {
      await reportStore.close()
      await eventStore.close()
      await started.stop()
    })

    let backfills = 0
    /** An import of events at these seconds, whoever has read there. */
    async function backfill(...seconds: number[]): Promise<void> {
      backfills += 1
      const { number } = await eventStore.backfills.begin(`import-${backfills}`, 60_000)
      const events = seconds.map((second) => newEvent(count('a', 1), positionAt(second * 1000) + 1n))
      await eventStore.append(events, { backfill: { number, staleReports: true } })
      await eventStore.backfills.end(number)
    }

    const run = (name: string, log: RunLog = eventStore) =>
      runProjection({ name, definition: counting, eventStore: log, reportStore, batchEvents: 3 })

    async function isWhole(name: string): Promise<boolean> {
      const plain = await plainFold(counting, [], eventStore)
      return isDeepStrictEqual(await wholeReport(reportStore, name, plain), plain)
    }

    /** By a replay the report is whole and no longer stale. */
    async function isMended(name: string): Promise<void> {
      const replayed = await runReplay({ name, definition: counting, eventStore, reportStore })
      expect(replayed).toMatchObject({ stale: [], warnings: [] })
      expect(await run(name)).toMatchObject({ stale: [], warnings: [] })
      expect(await isWhole(name)).toBe(true)
    }

    test('a backfill at any step of a run is in the report or raises an alarm', async () => {
      let steps = Number.POSITIVE_INFINITY
      const seen = { alarm: 0, whole: 0 }
      for (let at = 1; at <= steps; at += 1) {
        const name = `report-${at}`
        let step = 0
        await run(
          name,
          steppedLog(eventStore, async () => {
            step += 1
            // in turn above and below where the run stands
            if (step === at) await backfill(FIRST_SECOND + ((at * 7) % EVENTS) + 0.5)
          }),
        )
        steps = step
        const { stale, warnings } = await run(name)
        if (stale.length > 0) {
          seen.alarm += 1
          // in the last minute it is seen as a late event as well
          const told = stale.find(({ cause }) => cause === 'backfill')
          expect(told?.message).toContain(`import-${at + 1} `)
          expect(warnings.join()).toContain(`\`demetra replay ${name}\` mends it`)
        } else {
          seen.whole += 1
          expect(await isWhole(name), `not told: a backfill at step ${at} of ${steps}`).toBe(true)
        }
        await isMended(name)
      }
      expect(seen.alarm).toBeGreaterThan(3)
      expect(seen.whole).toBeGreaterThan(3)
    }, 120_000)

    test('an event that is slipped in by hand in the last minute below a checkpoint raises an alarm each time', async () => {
      for (const [round, seconds] of [0, 1, 7, 30, 59].entries()) {
        const name = `slipped-${round}`
        expect(await run(name)).toMatchObject({ stale: [] })
        await slipIn(started.url, seconds)
        if (round % 2 === 1) await backfill(FIRST_SECOND + EVENTS + round)
        const told = await run(name)
        expect(told.stale).toMatchObject([{ cause: 'late-event' }])
        expect(told.warnings.join()).toContain(`\`demetra replay ${name}\` mends it`)
        expect((await run(name)).stale).toEqual(told.stale)
        await isMended(name)
      }
    })
  })
}

/** The event store as a run has it, with `step` before each answer. */
function steppedLog(store: EventStore, step: () => Promise<void>): RunLog {
  const stepped = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const value = Reflect.get(of, name) as unknown
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          await step()
          return value.apply(of, args) as unknown
        }
      },
    })
  return logOf(stepped(store), {
    readers: stepped(store.readers),
    backfills: stepped(store.backfills),
    async *read(options) {
      await step()
      for await (const batch of store.read(options)) {
        yield batch
        await step()
      }
    },
  })
}
