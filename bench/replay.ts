/**
 * `demetra replay` of a report with 100,000 rows into each report store, against a plain scan of the same event store:
 * every event read by the driver alone and decoded, folded into a Map with the same handlers, and nothing written.
 * A projection that wants 2 % of the events, against the one that wants all. In turn, in one process:
 *
 *     npm run bench -- replay [EVENTS] [ROUNDS]
 *
 * On a SQLite event store and, where there is a mongod, a MongoDB one; into SQLite and what servers there are.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEventStore } from '../src/event-store/open.ts'
import { runReplay } from '../src/projection/replay.ts'
import { openReportStore } from '../src/report-store/open.ts'
import { postgresHere } from '../test/servers/find-postgres.ts'
import { startPostgres } from '../test/servers/start-postgres.ts'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { foldInto, ROWS, type FoldedRow } from './support/fold.ts'
import { all, rare } from './support/fold-projection.ts'
import { MongoServer } from './support/mongo-server.ts'
import { plainScan } from './support/plain-scan.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 3)
/** How fast a replay should be, in plain scans. */
const GOALS: Readonly<Record<string, number>> = { sqlite: 0.8, postgres: 0.8, mongodb: 0.6 }
const RARE_GOAL = 5

const seconds = new Map<string, number[]>()
/** Of this process, without the servers: less at the mercy of a busy machine. */
const cpuSeconds = new Map<string, number[]>()
async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpuBefore)
  seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - startedAt) / 1000])
  cpuSeconds.set(name, [...(cpuSeconds.get(name) ?? []), (user + system) / 1e6])
}

async function scan(url: string): Promise<void> {
  const rows = new Map<number, FoldedRow>()
  await plainScan(url, ({ meta, payload }) => foldInto(rows, meta.aggregate_id, meta.created_at, payload))
  if (rows.size !== Math.min(ROWS, count)) throw new Error(`the plain scan made ${rows.size} rows`)
}

async function measureStore(from: string, eventsUrl: string, reports: Record<string, string>): Promise<void> {
  const eventStore = await openEventStore(eventsUrl)
  for (let round = 0; round < rounds; round += 1) {
    await measure(`plain scan of ${from}`, () => scan(eventsUrl))
    for (const [into, url] of Object.entries(reports)) {
      const reportStore = await openReportStore(url)
      const replay = (name: string, definition: Parameters<typeof runReplay>[0]['definition']) =>
        runReplay({ name: `${name}-from-${from}`, definition, eventStore, reportStore })
      await measure(`${from} into ${into}, all`, () => replay('all', all))
      await measure(`${from} into ${into}, 2 %`, () => replay('rare', rare))
      await reportStore.close()
    }
  }
  await eventStore.close()
}

function tell(): void {
  console.log(`${count} events, ${ROWS} rows, ${rounds} rounds${' '.repeat(30)}min    median       max`)
  for (const [name, values] of seconds) console.log(line(name, values, 's', 2))
  for (const [name, values] of cpuSeconds) console.log(line(name, values, 'CPU s', 2))
  console.log('\nround by round')
  const ratio = (name: string, above: string, below: string, goal: number): void => {
    const ratios = (seconds.get(above) ?? []).map((value, i) => value / (seconds.get(below)?.[i] ?? NaN))
    console.log(line(name, ratios, `×, goal ${goal}`, 2))
  }
  for (const name of seconds.keys()) {
    const [, from = '', into = ''] = /^(\w+) into (\w+), all$/u.exec(name) ?? []
    if (into === '') continue
    ratio(`replay of ${from} into ${into} / plain scan`, `plain scan of ${from}`, name, GOALS[into] ?? NaN)
    ratio(`2 % of ${from} into ${into} / all`, name, `${from} into ${into}, 2 %`, RARE_GOAL)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const mongo = await MongoServer.start()
const postgres = (await postgresHere()) === null ? null : await startPostgres()
try {
  writeDumps(count, [{ path: join(folder, 'events.ndjson'), line: ndjsonLine }])
  const events = {
    sqlite: `sqlite:${join(folder, 'events.db')}`,
    ...(mongo && { mongodb: mongo.url('events') }),
  }
  const reports = {
    sqlite: `sqlite:${join(folder, 'reports.db')}`,
    ...(postgres && { postgres: postgres.url() }),
    ...(mongo && { mongodb: mongo.url('reports') }),
  }
  for (const [from, url] of Object.entries(events)) {
    run([...demetra, 'import', 'events.ndjson', '--store', url, '--quiet'], { cwd: folder })
    await measureStore(from, url, reports)
  }
  tell()
} finally {
  await postgres?.stop()
  await mongo?.stop()
  rmSync(folder, { recursive: true })
}
