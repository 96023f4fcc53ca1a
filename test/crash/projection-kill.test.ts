import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runReplay } from '../../src/projection/replay.ts'
import { runProjection, type RunOptions } from '../../src/projection/run.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { REPORTS } from '../projection/reports/all.ts'
import { makeLog } from '../projection/reports/log.ts'
import { plainFold, shownRows, wholeReport, type WholeReport } from '../projection/whole-report.ts'
import { Workspace } from '../projection/workspace.ts'
import { REPORT_STORES, type ReportStoreServer } from '../support/report-stores.ts'
import { runReport, type ChildEnd, type ChildTask } from './reports/killed-run.ts'

/** For a long soak: `DEMETRA_FAULT_ROUNDS=100 npx vitest run test/crash/projection-kill.test.ts`. */
const ROUNDS = Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? 10)
const STORIES = 40
const BATCH = 7
/** Rows that wait; a memory; rows that are deleted. */
const NAMES = ['purchase-funnel', 'revenue', 'customer-purchases']

let workspace: Workspace
beforeAll(async () => {
  workspace = await Workspace.open()
  await workspace.append(...makeLog(7, STORIES))
})
afterAll(() => workspace.close())

const below = (end: number): number => Math.floor(Math.random() * end)

for (const kind of REPORT_STORES) {
  kind.describe(`in ${kind.name}, a process that is killed at any moment`, () => {
    let server: ReportStoreServer
    let url: string
    let reportStore: ReportStore
    const whole = new Map<string, { plain: WholeReport; view: string }>()
    beforeAll(async () => {
      server = await kind.start()
      url = await server.create()
      reportStore = await openReportStore(url)
      for (const report of NAMES) {
        const run = runOf(report, `${report}-undisturbed`)
        const plain = await plainFold(run.definition, [], workspace.eventStore)
        await runProjection(run)
        whole.set(report, { plain, view: JSON.stringify(await shownRows(reportStore, run.name)) })
      }
    })
    afterAll(async () => {
      await reportStore.close()
      await server.stop()
    })

    function runOf(report: string, name: string): RunOptions {
      const definition = REPORTS[report]?.definition
      if (definition === undefined) throw new Error(`no report ${report}`)
      const { eventStore } = workspace
      return { name, definition, eventTypes: [], eventStore, reportStore, batchEvents: BATCH }
    }

    function taskOf(what: ChildTask['what'], report: string, name: string): ChildTask {
      const { eventStoreUrl } = workspace
      const how = { batchEvents: BATCH, killAt: 0, side: 'before' as const, isTorn: false }
      return { what, report, name, events: eventStoreUrl, reports: url, ...how }
    }

    /** What a process that nobody kills does for it. */
    const undisturbed = new Map<string, ChildEnd>()
    async function lengthOf(task: ChildTask): Promise<ChildEnd> {
      const key = `${task.what} ${task.report} ${task.isTorn}`
      let found = undisturbed.get(key)
      if (found === undefined) {
        const name = `${task.report}-${task.what}-length${task.isTorn ? '-torn' : ''}`
        found = await runReport({ ...task, name, killAt: 0 })
        undisturbed.set(key, found)
      }
      return found
    }

    /** Once, at a random statement or a random moment. Returns what was done, in words, and whether it was in time. */
    async function kill(task: ChildTask, byClock: boolean): Promise<[what: string, isKilled: boolean]> {
      const { statements, ms } = await lengthOf(task)
      if (byClock) {
        const after = Math.random() * ms
        return [`after ${after} ms`, (await runReport(task, after)).isKilled]
      }
      const killAt = 1 + below(statements)
      const side = below(2) === 0 ? 'before' : 'on-its-way'
      const { isKilled } = await runReport({ ...task, killAt, side })
      return [`${side} statement ${killAt} of about ${statements}`, isKilled]
    }

    /** Kills once or twice. */
    async function disturb(task: ChildTask, round: number): Promise<{ what: string; kills: number }> {
      const done: string[] = []
      let kills = 0
      for (let i = 0; i <= round % 2; i += 1) {
        const [what, isKilled] = await kill(task, !task.isTorn && round % 3 === 2)
        done.push(what)
        if (isKilled) kills += 1
      }
      return { what: `${task.name}, killed ${done.join(', and ')}`, kills }
    }

    /** A run that is over before its moment proves nothing: a soak says how many were not. */
    function tell(what: string, killed: number): void {
      expect(killed).toBeGreaterThan(0)
      if (ROUNDS > 10) process.stderr.write(`${kind.name}: ${killed} kills of ${what}, ${ROUNDS} rounds\n`)
    }

    /** The report as it is and as it must be: what people are shown, to the byte, and what they are not. */
    async function both(report: string, name: string): Promise<{ is: unknown; must: unknown }> {
      const { plain, view } = whole.get(report) as { plain: WholeReport; view: string }
      const is = await wholeReport(reportStore, name, plain)
      return {
        is: { ...is, view: JSON.stringify(await shownRows(reportStore, name)) },
        must: { ...plain, view },
      }
    }

    async function expectWhole(report: string, name: string, what: string): Promise<void> {
      const { is, must } = await both(report, name)
      expect(is, what).toEqual(must)
    }

    test(`goes on as if it had not been: a projection run, ${ROUNDS} times`, async () => {
      let killed = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const report = NAMES[round % NAMES.length] as string
        const name = `${report}-run-${round}`
        const { what, kills } = await disturb(taskOf('projection', report, name), round)
        killed += kills
        const result = await runProjection(runOf(report, name))
        expect(result, what).toMatchObject({ stale: [], skipped: [] })
        expect(result.heldBy, what).toBeUndefined()
        await expectWhole(report, name, what)
      }
      tell('projection runs', killed)
    }, 1_200_000)

    test(`goes on as if it had not been: a replay, ${ROUNDS} times`, async () => {
      let killed = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const report = NAMES[round % NAMES.length] as string
        const name = `${report}-replay-${round}`
        const run = runOf(report, name)
        // what people see meanwhile is not the whole log
        const stop = new AbortController()
        await runProjection({ ...run, signal: stop.signal, onProgress: () => stop.abort() })
        const before = JSON.stringify(await shownRows(reportStore, name))
        const { what, kills } = await disturb(taskOf('replay', report, name), round)
        killed += kills
        const between = JSON.stringify(await shownRows(reportStore, name))
        expect([before, whole.get(report)?.view], what).toContain(between)
        expect(await runReplay(run), what).toMatchObject({ switched: true, stale: [] })
        await expectWhole(report, name, what)
        // nothing is left of those that were cut off
        expect(await reportStore.generations(name), what).toHaveLength(2)
        const all = await workspace.eventStore.readers.list()
        const readers = all.filter((reader) => reader.reportStore === reportStore.url && reader.name === name)
        expect(readers, what).toHaveLength(1)
      }
      tell('replays', killed)
    }, 1_200_000)

    test('is found out where it commits the checkpoint before the rows', async () => {
      const found: unknown[] = []
      for (let round = 0; round < 30 && found.length === 0; round += 1) {
        const report = NAMES[round % NAMES.length] as string
        const name = `${report}-torn-${round}`
        await disturb({ ...taskOf('projection', report, name), isTorn: true }, round)
        await runProjection(runOf(report, name))
        const { is, must } = await both(report, name)
        if (!isDeepStrictEqual(is, must)) found.push(is)
      }
      expect(found).toHaveLength(1)
    }, 600_000)
  })
}
