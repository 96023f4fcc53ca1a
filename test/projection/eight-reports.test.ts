import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runReplay, runReplays } from '../../src/projection/replay.ts'
import { needsEventTypes, type Projection } from '../../src/projection/projection.ts'
import { runProjection, runProjections } from '../../src/projection/run.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { REPORT_STORES, type ReportStoreServer } from '../support/report-stores.ts'
import { REPORTS, type RealReport } from './reports/all.ts'
import { ALL } from './reports/events.ts'
import { plainDecimal } from './reports/expected.ts'
import { makeLog } from './reports/log.ts'
import { plainFold, shownRows, wholeReport } from './whole-report.ts'
import { Workspace, type TestEvent } from './workspace.ts'

const SEED = 20_160_225
const STORIES = 500
/** Each batch is a commit: one by one, a part of the log is enough. */
const STORIES_ONE_BY_ONE = 60
const BATCHES = [1, 7, 5000]
const DECIMALS = new Set(['amount', 'gross', 'net'])

interface Log {
  events: TestEvent[]
  workspace: Workspace
}

const events = makeLog(SEED, STORIES)
let whole: Log
let short: Log
beforeAll(async () => {
  whole = await logOf(events)
  short = await logOf(makeLog(SEED, STORIES_ONE_BY_ONE))
})
afterAll(async () => {
  await whole.workspace.close()
  await short.workspace.close()
})

async function logOf(told: TestEvent[]): Promise<Log> {
  const workspace = await Workspace.open()
  await workspace.append(...told)
  return { events: told, workspace }
}

const typesOf = (definition: Projection): typeof ALL => (needsEventTypes(definition) ? ALL : [])

/** Rows in an order of their own, numbers as one way of writing them. */
function comparable(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const plain = rows.map((row) => {
    const cells = Object.entries(row).filter(([, value]) => value !== undefined)
    return Object.fromEntries(
      cells.map(([name, value]) => [name, DECIMALS.has(name) ? plainDecimal(value as string) : value]),
    )
  })
  const text = (row: object): string => JSON.stringify(Object.entries(row).toSorted())
  return plain.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}

test('the log is out of order, and long enough to say something', () => {
  expect(events.length).toBeGreaterThan(2500)
  const times = events.map(({ meta }) => meta.created_at)
  expect(times.filter((time, i) => i > 0 && time < (times[i - 1] as string)).length).toBeGreaterThan(500)
  const first = (type: string): Map<string, number> =>
    new Map(
      events
        .flatMap(({ meta }, i) => (meta.type === type ? [[meta.aggregate_id, i] as const] : []))
        .toReversed(),
    )
  const payments = first('payment-received')
  const early = [...first('payment-refunded')].filter(([id, at]) => at < (payments.get(id) ?? 0))
  expect(early.length).toBeGreaterThan(20)
  for (const { expected } of Object.values(REPORTS)) expect(expected(events).rows.length).toBeGreaterThan(3)
})

for (const kind of REPORT_STORES) {
  kind.describe(`reports in ${kind.name}`, () => {
    let server: ReportStoreServer
    let reportStore: ReportStore
    beforeAll(async () => {
      server = await kind.start()
      reportStore = await openReportStore(await server.create())
    })
    afterAll(async () => {
      await reportStore.close()
      await server.stop()
    })

    async function expectReport(
      report: string,
      { definition, expected }: RealReport,
      { events: log, workspace }: Log,
    ): Promise<void> {
      const wanted = expected(log)
      const rows = await shownRows(reportStore, report)
      expect(comparable(rows)).toEqual(comparable(wanted.rows))
      const plain = await plainFold(definition, typesOf(definition), workspace.eventStore)
      const found = await wholeReport(reportStore, report, plain)
      expect(found).toEqual(plain)
      if (wanted.waiting !== undefined) expect(found.waiting).toEqual(wanted.waiting)
    }

    test('all in one pass, by a run and by a replay', async () => {
      const { eventStore } = short.workspace
      const projections = Object.entries(REPORTS).map(([name, { definition }]) => {
        return { name: `${name}-together`, definition, eventTypes: typesOf(definition) }
      })
      for (const run of [runProjections, runReplays]) {
        for (const outcome of await run(projections, { eventStore, reportStore, batchEvents: 50 })) {
          expect(outcome).toMatchObject({ status: 'fulfilled', value: { stale: [] } })
        }
        for (const [name, report] of Object.entries(REPORTS)) {
          await expectReport(`${name}-together`, report, short)
        }
      }
    })

    describe.each(Object.entries(REPORTS))('%s', (name, real) => {
      const { definition } = real
      const eventTypes = typesOf(definition)

      test.each(BATCHES)('in batches of %i, by runs and by replay', async (batchEvents) => {
        const report = `${name}-by-${batchEvents}`
        const log = batchEvents === 1 ? short : whole
        const { eventStore } = log.workspace
        const run = { name: report, definition, eventTypes, eventStore, reportStore, batchEvents }
        await runProjection(run)
        await expectReport(report, real, log)
        for (const maxRows of [undefined, 3]) {
          const result = await runReplay({ ...run, ...(maxRows === undefined ? {} : { maxRows }) })
          expect(result).toMatchObject({ switched: true, stale: [] })
          await expectReport(report, real, log)
        }
      })
    })
  })
}
