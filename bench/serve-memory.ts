/**
 * Memory of `demetra serve` over a simulated hour of load: 5 million events, as batches of NDJSON and, on 64 connections
 * beside them, as single requests all the while: npm run bench -- serve-memory [EVENTS] [sqlite|mongodb]. With
 * mongodb, into a mongod of its own whose memory does not count.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MongoServer } from './support/mongo-server.ts'
import { demetra, line, run } from './support/process.ts'

const total = Number(process.argv[2] ?? 5_000_000)
const BATCH = 100
const BATCHING = 3
const SINGLE = 64
/** Between two samples: so many events. */
const SAMPLE = Math.max(BATCH, Math.floor(total / 100))

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const mongo = process.argv[3] === 'mongodb' ? await MongoServer.start() : null
if (process.argv[3] === 'mongodb' && mongo === null) process.exit(1)
const storeUrl = mongo?.url('serve_memory') ?? `sqlite:${join(folder, 'events.db')}`
const agent = new Agent({ keepAlive: true })
let made = 0
let acknowledged = 0
let singles = 0

/** The next event, in the form in which `export` writes it. */
function nextEvent(): string {
  const n = (made += 1)
  const created = new Date(1_700_000_000_000 + Math.floor((n / total) * 3_600_000)).toISOString()
  return (
    `{"id":"${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000","meta":{"service":"core",` +
    `"type":"type-${n % 20}","created_at":"${created}","aggregate_id":"order/${n % 100_000}"},` +
    `"payload":{"amount":"${n % 1000}.0000/EUR","method":"card","n":${n}}}`
  )
}

function post(url: string, token: string, type: string, body: string): Promise<number> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/events`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject).end(body)
  })
}

const isMore = (): boolean => made < total

async function sendBatches(url: string, token: string): Promise<void> {
  while (isMore()) {
    const count = Math.min(BATCH, total - made)
    const lines = Array.from({ length: count }, nextEvent).join('\n')
    const status = await post(url, token, 'application/x-ndjson', lines)
    if (status !== 200) throw new Error(`a batch was answered with ${status}`)
    acknowledged += count
  }
}

async function sendSingles(url: string, token: string): Promise<void> {
  while (isMore()) {
    const status = await post(url, token, 'application/json', nextEvent())
    if (status !== 200) throw new Error(`an event was answered with ${status}`)
    acknowledged += 1
    singles += 1
  }
}

function memoryMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/mu.exec(status)?.[1]) / 1024
}

const { stdout } = run([...demetra, 'token', 'create', '--service', 'core', '--store', storeUrl], {
  cwd: folder,
})
const token = stdout.trim()
const [program, ...args] = [...demetra, 'serve', '--port', '0', '--store', storeUrl, '--quiet']
const server = spawn(program, args, {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [said] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
  const url = said.replace('Listening on ', '')
  const samples: number[] = []
  const startedAt = performance.now()
  const sampling = setInterval(() => {
    if (acknowledged < samples.length * SAMPLE) return
    samples.push(memoryMib(server.pid ?? 0))
    if (samples.length % 10 === 0) console.log(`${acknowledged} events: ${samples.at(-1)?.toFixed(0)} MiB`)
  }, 100)
  await Promise.all([
    ...Array.from({ length: BATCHING }, () => sendBatches(url, token)),
    ...Array.from({ length: SINGLE }, () => sendSingles(url, token)),
  ])
  clearInterval(sampling)
  const seconds = (performance.now() - startedAt) / 1000
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
  console.log(
    `${acknowledged} events acknowledged, ${singles} of them alone, in ${seconds.toFixed(0)} s: ` +
      `${(acknowledged / seconds).toFixed(0)} a second`,
  )
  const quarter = Math.ceil(samples.length / 4)
  console.log(`memory in MiB: least, median, most`)
  for (const [name, from] of [
    ['first', 0],
    ['second', 1],
    ['third', 2],
    ['last', 3],
  ] as const) {
    console.log(line(`${name} quarter`, samples.slice(from * quarter, (from + 1) * quarter), 'MiB'))
  }
} finally {
  server.kill('SIGKILL')
  agent.destroy()
  await mongo?.stop()
  rmSync(folder, { recursive: true })
}
