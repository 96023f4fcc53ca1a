/**
 * `demetra import` into MongoDB against `mongoimport` and against bare inserts of ready documents, as whole
 * processes in turn, each into a fresh database with the same indexes on the same mongod, a replica set of one;
 * all with write concern majority, journaled: npm run bench -- mongodb-import [EVENTS] [ROUNDS]
 *
 * mongoimport is measured twice. "As it stands": the dump itself; the documents get an ObjectId and no position,
 * and the indexes, which are not partial then, hold nulls in its place. "Our ids": the dump carries `_id` and
 * `position`, so that the indexes cost what ours do, but reading the extended JSON for that costs mongoimport.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endedChildrenCpuSeconds } from './support/cpu.ts'
import { CSV_HEADER, csvLine, ndjsonLine, writeDumps } from './support/dumps.ts'
import { extendedJsonLine, TYPED_CSV_HEADER, typedCsvLine } from './support/mongo-documents.ts'
import { MongoServer } from './support/mongo-server.ts'
import { findMongoTool } from './support/mongo-tools.ts'
import { demetra, line, median, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 500_000)
const rounds = Number(process.argv[3] ?? 3)

const INTO = ['--collection', 'events', '--writeConcern', '{"w":"majority","j":true}']
const RAW_INSERT = fileURLToPath(import.meta.resolve('./support/raw-insert.ts'))
const NDJSON_IDS = ['events-ids.ndjson']
const CSV_FLAGS = ['--type', 'csv', '--headerline']
const CSV_IDS = ['events-ids.csv', ...CSV_FLAGS, '--columnsHaveTypes']
const FOUR = ['--numInsertionWorkers', '4']

/** Name, whether its documents have positions, file and flags. */
const PEERS: readonly [string, boolean, readonly string[]][] = [
  ['mongoimport NDJSON, as it stands', false, ['events.ndjson']],
  ['mongoimport NDJSON, as it stands, 4 workers', false, ['events.ndjson', ...FOUR]],
  ['mongoimport NDJSON, our ids', true, NDJSON_IDS],
  ['mongoimport NDJSON, our ids, 4 workers', true, [...NDJSON_IDS, ...FOUR]],
  ['mongoimport CSV, as it stands', false, ['events.csv', ...CSV_FLAGS]],
  ['mongoimport CSV, our ids', true, CSV_IDS],
]
const RAW = 'insertMany of ready documents'
const NDJSON = 'demetra import, NDJSON'
const AGAIN = 'demetra import, NDJSON again, all duplicates'
const CSV = 'demetra import, CSV'
/** Ours, theirs, and how many times as fast ours should be. */
const RATIOS: readonly [string, string, number][] = [
  [NDJSON, 'mongoimport NDJSON, as it stands', 2],
  [NDJSON, 'mongoimport NDJSON, our ids', 2],
  [NDJSON, 'mongoimport NDJSON, as it stands, 4 workers', 1.4],
  [NDJSON, 'mongoimport NDJSON, our ids, 4 workers', 1.4],
  [NDJSON, RAW, 0.9],
  [CSV, 'mongoimport CSV, as it stands', 1.5],
  [CSV, 'mongoimport CSV, our ids', 1.5],
  [AGAIN, NDJSON, 1],
]

interface Measured {
  seconds: number
  clientCpuSeconds: number
}

const runs = new Map<string, { rate: number; client: number; server: number }[]>()

async function main(server: MongoServer, mongoimport: string, folder: string): Promise<void> {
  const path = (name: string): string => join(folder, name)
  writeDumps(count, [
    { path: path('events.ndjson'), line: ndjsonLine },
    { path: path('events-ids.ndjson'), line: extendedJsonLine },
    { path: path('events.csv'), line: csvLine, header: CSV_HEADER },
    { path: path('events-ids.csv'), line: typedCsvLine, header: TYPED_CSV_HEADER },
  ])
  const command = (args: readonly string[]): Measured => {
    const cpuBefore = endedChildrenCpuSeconds()
    const { seconds } = run(args, { cwd: folder })
    return { seconds, clientCpuSeconds: endedChildrenCpuSeconds() - cpuBefore }
  }
  const measure = async (name: string, database: string, work: () => Measured): Promise<void> => {
    const cpuBefore = server.cpuSeconds()
    const { seconds, clientCpuSeconds } = work()
    const measured = {
      rate: count / seconds,
      client: clientCpuSeconds,
      server: server.cpuSeconds() - cpuBefore,
    }
    runs.set(name, [...(runs.get(name) ?? []), measured])
    await server.expectFull(database, count)
  }

  const peers = PEERS.map(([name, partial, [file = '', ...flags]]) => async (database: string) => {
    await server.create(database, { partial })
    const uri = server.url(database)
    await measure(name, database, () =>
      command([mongoimport, '--uri', uri, ...INTO, '--file', file, ...flags]),
    )
  })
  const raw = async (database: string): Promise<void> => {
    await server.create(database, { partial: true })
    await measure(RAW, database, () => {
      const args = [process.execPath, '--expose-gc', RAW_INSERT, server.url(database), String(count)]
      const { seconds, cpuSeconds } = JSON.parse(run(args, { cwd: folder }).stdout) as Record<string, number>
      return { seconds: seconds ?? NaN, clientCpuSeconds: cpuSeconds ?? NaN }
    })
  }
  const ours = async (name: string, database: string, args: readonly string[]): Promise<void> =>
    measure(name, database, () =>
      command([...demetra, 'import', ...args, '--store', server.url(database), '--json']),
    )
  const ndjson = async (database: string): Promise<void> => {
    await ours(NDJSON, database, ['events.ndjson'])
    await ours(AGAIN, database, ['events.ndjson'])
  }
  const csv = (database: string): Promise<void> =>
    ours(CSV, database, ['events.csv', '--number', 'payload.attempt'])

  const all = [...peers, raw, ndjson, csv]
  for (let round = 0; round < rounds; round += 1) {
    // there and back: a machine that grows busier slows each as often as the others
    for (const [step, work] of (round % 2 === 0 ? all : all.toReversed()).entries()) {
      const database = `run_${round}_${step}`
      await work(database)
      await server.drop(database)
    }
  }
}

function report(): void {
  console.log(`${count} events of 380 bytes, ${rounds} rounds${' '.repeat(28)}min    median       max`)
  const rates = (name: string): number[] => (runs.get(name) ?? []).map(({ rate }) => rate)
  for (const name of runs.keys()) console.log(line(name, rates(name), 'events/s'))
  console.log('\nround by round')
  for (const [ours, theirs, goal] of RATIOS) {
    const ratios = rates(ours).map((rate, round) => rate / (rates(theirs)[round] ?? NaN))
    console.log(line(`${ours.replace('demetra import, ', '')} / ${theirs}`, ratios, `×, goal ${goal}`, 2))
  }
  console.log(`\nCPU seconds, medians${' '.repeat(43)}client    mongod       sum`)
  for (const [name, all] of runs) {
    const client = median(all.map((one) => one.client))
    const mongod = median(all.map((one) => one.server))
    const texts = [client, mongod, client + mongod].map((seconds) => seconds.toFixed(1).padStart(10))
    console.log(`${name.padEnd(58)} ${texts.join('')}`)
  }
}

const mongoimport = findMongoTool('mongoimport')
const server = mongoimport === null ? null : await MongoServer.start()
if (mongoimport === null || server === null) {
  process.exitCode = 1
} else {
  const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
  try {
    await main(server, mongoimport, folder)
    report()
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
