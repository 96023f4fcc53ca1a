/**
 * `demetra serve` under connections that post single events, each the next one when the one before is answered: with
 * group commit, against the same server that stores every request by an append of its own; on SQLite and on MongoDB (a
 * replica set of one): npm run bench -- serve [SECONDS] [CONNECTIONS] [ROUNDS]
 *
 * The load comes from another process of the same machine, and takes its share of it.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { MongoServer } from './support/mongo-server.ts'
import { postLoad } from './support/post-load.ts'
import { line, median } from './support/process.ts'

const seconds = Number(process.argv[2] ?? 8)
const connections = Number(process.argv[3] ?? 64)
const rounds = Number(process.argv[4] ?? 3)
/** How many times as fast a group is to be. */
const GOAL = 5

const CHILD = fileURLToPath(import.meta.resolve('./support/serve-child.ts'))

interface Measured {
  eventsPerSecond: number
  p50Ms: number
  p99Ms: number
  perGroup: number
  serverCpuShare: number
}

async function measure(storeUrl: string, mode: 'group' | 'alone'): Promise<Measured> {
  const child = spawn(process.execPath, [CHILD, storeUrl, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async (): Promise<string> => String((await lines.next()).value)
  const url = await read()
  await postLoad(url, connections, 1)
  const load = await postLoad(url, connections, seconds)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const told = JSON.parse(await read()) as { stored: number; groups: number; cpuSeconds: number }
  await ended
  if (told.stored < load.events) throw new Error(`${load.events} were acknowledged, ${told.stored} stored`)
  const at = (share: number): number =>
    load.latenciesMs[Math.floor(load.latenciesMs.length * share)] ?? Number.NaN
  return {
    eventsPerSecond: load.events / load.seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    perGroup: told.stored / told.groups,
    serverCpuShare: told.cpuSeconds / (load.seconds + 1),
  }
}

async function compare(name: string, storeUrl: () => string): Promise<void> {
  const measured = { alone: [] as Measured[], group: [] as Measured[] }
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of ['alone', 'group'] as const) measured[mode].push(await measure(storeUrl(), mode))
  }
  console.log(`\n${name}: ${connections} connections, ${seconds} s`)
  console.log(`${''.padEnd(58)} ${['least', 'median', 'most'].map((head) => head.padStart(10)).join('')}`)
  for (const mode of ['alone', 'group'] as const) {
    const what = mode === 'alone' ? 'each request alone' : 'group commit'
    const of = (key: keyof Measured): number[] => measured[mode].map((one) => one[key])
    console.log(line(what, of('eventsPerSecond'), 'events/s'))
    console.log(line('  p50', of('p50Ms'), 'ms', 1))
    console.log(line('  p99', of('p99Ms'), 'ms', 1))
    console.log(line('  events of one append', of('perGroup'), '', 1))
    console.log(line("  of a core, the server's share", of('serverCpuShare'), '', 2))
  }
  const rate = (mode: 'alone' | 'group'): number => median(measured[mode].map((one) => one.eventsPerSecond))
  const ratio = rate('group') / rate('alone')
  console.log(`${name}: ${ratio.toFixed(1)} × (at least ${GOAL})`)
  if (ratio < GOAL) process.exitCode = 1
}

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
await compare('SQLite', () => `sqlite:${join(folder, `${randomUUID()}.db`)}`)
rmSync(folder, { recursive: true, force: true })

const mongo = await MongoServer.start()
if (mongo !== null) {
  await compare('MongoDB', () => mongo.url(`d${randomUUID()}`))
  await mongo.stop()
}
