import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { runReplay } from '../../src/projection/replay.ts'
import { runProjection, type RunOptions } from '../../src/projection/run.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { REPORTS } from '../projection/reports/all.ts'
import { makeLog } from '../projection/reports/log.ts'
import { plainFold, shownRows, wholeReport } from '../projection/whole-report.ts'
import { Workspace } from '../projection/workspace.ts'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { describeWithPostgres, startPostgres } from '../servers/postgres.ts'

/** For a long soak: `DEMETRA_FAULT_ROUNDS=100 npx vitest run test/crash/report-server-kill.test.ts`. */
const ROUNDS = Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? 4)
const BATCH = 7
/** Rows that wait; a memory; rows that are deleted. */
const NAMES = ['purchase-funnel', 'revenue', 'customer-purchases']
/** Of a process that is no more, as whoever comes next finds it. */
const OWNER = `${hostname()}, process 99999999, run 0`
/** So soon is it given up; one that has come back is found before. */
const SOON = 'serverSelectionTimeoutMS=15000'

interface Server {
  url(database: string): Promise<string>
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

const KINDS = [
  { name: 'PostgreSQL', describe: describeWithPostgres, start: startPostgresServer },
  { name: 'MongoDB, a replica set', describe: describeWithMongod, start: startMongoReplicaSet },
  { name: 'MongoDB, a standalone server', describe: describeWithMongod, start: startMongoServer },
]

async function startPostgresServer(): Promise<Server> {
  const server = await startPostgres()
  const url = () => server.createDatabase()
  return { url, kill: () => server.kill(), restart: () => server.restart(), stop: () => server.stop() }
}

async function startMongoServer(): Promise<Server> {
  const server = await startMongod()
  const url = async (database: string) => `${server.url(database)}?${SOON}`
  return { url, kill: () => server.kill(), restart: () => server.restart(), stop: () => server.stop() }
}

async function startMongoReplicaSet(): Promise<Server> {
  const set = await startReplicaSet({ members: 1 })
  const only = await set.primary()
  const url = async (database: string) => `${set.url(database)}&${SOON}`
  return { url, kill: () => only.kill(), restart: () => only.restart(), stop: () => set.stop() }
}

let workspace: Workspace
beforeAll(async () => {
  workspace = await Workspace.open()
  await workspace.append(...makeLog(7, 40))
})
afterAll(() => workspace.close())

for (const kind of KINDS) {
  kind.describe(`reports in ${kind.name}, whose server is killed or started anew at any moment`, () => {
    let server: Server
    let reportStore: ReportStore
    beforeAll(async () => {
      server = await kind.start()
      reportStore = await openReportStore(await server.url('reports'))
    })
    afterAll(async () => {
      await reportStore.close()
      await server.stop()
    })

    const runOf = (report: string, name: string) => {
      const definition = REPORTS[report]?.definition
      if (definition === undefined) throw new Error(`no report ${report}`)
      const { eventStore } = workspace
      return { name, definition, eventTypes: [], eventStore, reportStore, batchEvents: BATCH }
    }

    /** What it says for it: nothing, where it came through. */
    async function disturbed(
      work: (run: RunOptions) => Promise<unknown>,
      run: RunOptions,
      ms: number,
      kills: boolean,
    ) {
      const working = work({ ...run, owner: OWNER }).then(
        () => 'came through',
        (error: unknown) => error,
      )
      await delay(Math.random() * ms)
      if (kills) await server.kill()
      await server.restart()
      return working
    }

    test.each([
      ['a projection run', runProjection],
      ['a replay', runReplay],
    ])(`are whole in the end: %s, ${ROUNDS} times`, { timeout: 1_200_000 }, async (what, work) => {
      const told = new Map<string, number>()
      let ms = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const report = NAMES[round % NAMES.length] as string
        const name = `${report}-${what.replaceAll(' ', '-')}-${round}`
        const run = runOf(report, name)
        const startedAt = performance.now()
        await runProjection(runOf(report, `${name}-undisturbed`))
        ms = performance.now() - startedAt
        const end = await disturbed(work, run, ms, round % 2 === 0)
        const code = end instanceof DemetraError ? `${end.code}, exit ${end.exitCode}` : String(end)
        expect(code).toMatch(/^came through$|^DEMETRA_REPORT_STORE_[A-Z]+, exit (?:5|10)$/u)
        told.set(code, (told.get(code) ?? 0) + 1)
        expect(await work(run), code).toMatchObject({ stale: [], skipped: [] })
        const plain = await plainFold(run.definition, [], workspace.eventStore)
        expect(await wholeReport(reportStore, name, plain), code).toEqual(plain)
        expect(await shownRows(reportStore, name)).toEqual(
          await shownRows(reportStore, `${name}-undisturbed`),
        )
      }
      if (ROUNDS > 4)
        process.stderr.write(`${kind.name}, ${what}: ${JSON.stringify(Object.fromEntries(told))}\n`)
    })
  })
}
