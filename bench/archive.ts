/**
 * Archiving against `mongoexport | gzip -6`, on the same mongod (a replica set of one) and the same S3 server
 * (versitygw; a directory where there is none), as whole processes in turn: npm run bench -- archive [EVENTS] [ROUNDS]
 *
 * Twice: without tombstones (read in order, write segments, upload, read back, check; the peer writes its file to the
 * disk and checks nothing), and with them, `demetra archive`, against the peer followed by a deleteMany of the same
 * events.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { s3Here } from '../test/servers/find-s3.ts'
import { S3_ENVIRONMENT } from '../test/servers/running-s3.ts'
import { startS3 } from '../test/servers/start-s3.ts'
import { endedChildrenCpuSeconds } from './support/cpu.ts'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { MongoServer } from './support/mongo-server.ts'
import { findMongoTool } from './support/mongo-tools.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 300_000)
const rounds = Number(process.argv[3] ?? 3)

const STORE_SEGMENTS = fileURLToPath(import.meta.resolve('./support/store-segments.ts'))
const PEER = 'mongoexport | gzip -6'
const PEER_DELETE = 'mongoexport | gzip -6, then deleteMany'
const SEGMENTS = 'segments: read, write, upload, verify'
const ARCHIVE = 'demetra archive, with tombstones'
/** Ours, theirs, and how many times as fast ours should be. */
const RATIOS: readonly [string, string, number][] = [
  [SEGMENTS, PEER, 2],
  [ARCHIVE, PEER_DELETE, 1.2],
]

const runs = new Map<string, number[]>()
/** Of all processes together, mongod among them: they hold where a machine is busy with other things. */
const cpu = new Map<string, number[]>()
const note = (name: string, seconds: number, cpuSeconds: number): void => {
  runs.set(name, [...(runs.get(name) ?? []), seconds])
  cpu.set(name, [...(cpu.get(name) ?? []), cpuSeconds])
}

async function main(
  server: MongoServer,
  mongoexport: string,
  folder: string,
  nextArchive: () => Promise<string>,
): Promise<void> {
  writeDumps(count, [{ path: join(folder, 'events.ndjson'), line: ndjsonLine }])
  const cpuNow = (): number => server.cpuSeconds() + endedChildrenCpuSeconds()
  const fill = (database: string): string => {
    const store = server.url(database)
    run([...demetra, 'import', 'events.ndjson', '--store', store, '--json'], { cwd: folder })
    return store
  }
  const peer = async (database: string): Promise<void> => {
    const store = fill(database)
    const exported = `'${mongoexport}' --quiet --uri '${store}' --collection events | gzip -6 > dump.json.gz`
    const cpuBefore = cpuNow()
    const { seconds } = run(['bash', '-c', `set -o pipefail; ${exported}`], { cwd: folder })
    note(PEER, seconds, cpuNow() - cpuBefore)
    await using client = new MongoClient(store)
    const startedAt = performance.now()
    const writeConcern = { w: 'majority', journal: true } as const
    const { deletedCount } = await client
      .db()
      .collection('events')
      .deleteMany({ position: { $exists: true } }, { writeConcern })
    if (deletedCount !== count) throw new Error(`${deletedCount} of ${count} events were deleted`)
    note(PEER_DELETE, seconds + (performance.now() - startedAt) / 1000, cpuNow() - cpuBefore)
  }
  const ours = async (database: string): Promise<void> => {
    const store = fill(database)
    const segments = [process.execPath, STORE_SEGMENTS, store, await nextArchive()]
    const cpuBefore = cpuNow()
    note(SEGMENTS, run(segments, { cwd: folder }).seconds, cpuNow() - cpuBefore)
    const args = [
      'archive',
      '--older-than',
      'P1D',
      '--store',
      store,
      '--archive',
      await nextArchive(),
      '--json',
    ]
    const cpuBetween = cpuNow()
    const { seconds, stdout } = run([...demetra, ...args], { cwd: folder })
    const { result } = JSON.parse(stdout) as {
      result: { events: number; gzipBytes: number; textBytes: number }
    }
    if (result.events !== count) throw new Error(`${result.events} of ${count} events were archived`)
    note(ARCHIVE, seconds, cpuNow() - cpuBetween)
    sizes = { text: result.textBytes / count, gzip: result.gzipBytes / count }
  }
  for (let round = 0; round < rounds; round += 1) {
    const both = [peer, ours]
    for (const [step, work] of (round % 2 === 0 ? both : both.toReversed()).entries()) {
      const database = `run_${round}_${step}`
      await work(database)
      await server.drop(database)
    }
  }
  peerBytes = statSync(join(folder, 'dump.json.gz')).size / count
}

let sizes = { text: NaN, gzip: NaN }
let peerBytes = NaN

function report(where: string): void {
  console.log(`${count} events of 380 bytes, ${rounds} rounds, to ${where}`)
  console.log(`${''.padEnd(59)}       min    median       max`)
  for (const [name, seconds] of runs) console.log(line(name, seconds, 's', 1))
  console.log('\nCPU seconds of all processes')
  for (const [name, seconds] of cpu) console.log(line(name, seconds, 's', 1))
  console.log('\nround by round')
  for (const [ours, theirs, goal] of RATIOS) {
    const ratios = (runs.get(theirs) ?? []).map(
      (seconds, round) => seconds / (runs.get(ours)?.[round] ?? NaN),
    )
    console.log(line(`${theirs} / ${ours}`, ratios, `×, goal ${goal}`, 2))
  }
  console.log(
    `\nbytes an event: ${sizes.text.toFixed(0)} of text, ${sizes.gzip.toFixed(1)} in the archive; ` +
      `${peerBytes.toFixed(1)} in the peer's file`,
  )
}

const mongoexport = findMongoTool('mongoexport')
const server = mongoexport === null ? null : await MongoServer.start()
if (mongoexport === null || server === null) {
  process.exitCode = 1
} else {
  const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
  const s3 = (await s3Here('versitygw')) === null ? null : await startS3('versitygw')
  Object.assign(process.env, S3_ENVIRONMENT)
  let archives = 0
  const nextArchive = async (): Promise<string> =>
    s3 === null ? `file:${join(folder, `archive-${(archives += 1)}`)}` : s3.url(await s3.createBucket())
  try {
    await main(server, mongoexport, folder, nextArchive)
    report(s3 === null ? 'a directory' : 'versitygw')
  } finally {
    await s3?.stop()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
