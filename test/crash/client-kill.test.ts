import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Receiver, TOKEN, type Fault } from '../client/receiver.ts'
import { drain } from '../client/support.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { until } from '../servers/poll.ts'
import type { DelivererTask } from './client/deliverer.ts'
import type { ProducerTask } from './client/producer.ts'

/** For a long soak: `DEMETRA_FAULT_ROUNDS=100 npx vitest run test/crash/client-kill.test.ts`. */
const ROUNDS = Number(process.env['DEMETRA_FAULT_ROUNDS'] ?? 4)
const TIMEOUT_MS = 250
/** Two producers share a spool; a third one has aggregates of its own there too. */
const PRODUCERS = [['aa', 'ab', 'ac'], ['ba', 'bb'], ['ca']]
const FAULTS: Fault[] = ['stall', 'half', 'drop', 'store and drop', { status: 503 }, { status: 500 }]

const below = (end: number): number => Math.floor(Math.random() * end)

class Killable {
  readonly #file: string
  readonly #task: () => object
  readonly #onLine: (line: string) => void
  #child: ChildProcess | null = null
  errors = ''

  constructor(file: string, task: () => object, onLine: (line: string) => void = () => {}) {
    this.#file = join(import.meta.dirname, 'client', file)
    this.#task = task
    this.#onLine = onLine
  }

  start(): void {
    const child = spawn(process.execPath, [this.#file, JSON.stringify(this.#task())], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface({ input: child.stdout }).on('line', this.#onLine)
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (this.errors += piece))
    this.#child = child
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    this.#child = null
  }
}

test(
  `producers and deliver, killed at any moment (${ROUNDS} times), lose nothing, and keep the order of each aggregate`,
  { timeout: 600_000 },
  async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver().listen()
    const safe: Record<string, number> = {}
    const outcomes: Record<string, number> = {}
    let slowestMs = 0
    const onLine = (line: string) => {
      // a line may be torn as its writer was killed
      if (!line.endsWith('}')) return
      const told = JSON.parse(line) as { aggregate: string; n: number; outcome: string; slowestMs: number }
      safe[told.aggregate] = told.n
      outcomes[told.outcome] = (outcomes[told.outcome] ?? 0) + 1
      slowestMs = Math.max(slowestMs, told.slowestMs)
    }
    const producers = PRODUCERS.map(
      (aggregates) =>
        new Killable(
          'producer.ts',
          (): ProducerTask => ({
            url: receiver.url,
            token: TOKEN,
            spool: folder.path,
            timeoutMs: TIMEOUT_MS,
            next: Object.fromEntries(aggregates.map((name) => [name, (safe[name] ?? 0) + 1])),
          }),
          onLine,
        ),
    )
    const deliverer = new Killable('deliverer.ts', (): DelivererTask => ({
      url: receiver.url,
      token: TOKEN,
      folder: folder.path,
      timeoutMs: TIMEOUT_MS,
    }))
    const all = [...producers, deliverer]
    try {
      for (const one of all) one.start()
      await until('events arrive', () => receiver.events.length > 20)
      for (let round = 0; round < ROUNDS; round += 1) {
        receiver.fault = () => (below(20) === 0 ? FAULTS[below(FAULTS.length)] : undefined)
        if (round % 3 === 2) {
          await receiver.away()
          await delay(Math.random() * 300)
        }
        const victim = all[round % 2 === 0 ? producers.length : below(producers.length)] as Killable
        await delay(Math.random() * 500)
        await victim.kill()
        await receiver.listen()
        victim.start()
        const before = receiver.events.length
        await until('events arrive again', () => receiver.events.length > before + 20)
      }
    } finally {
      await Promise.all(all.map((one) => one.kill()))
    }
    receiver.fault = () => undefined
    const last = await drain(folder.path, receiver)
    expect(last).toMatchObject({ setAside: 0, left: 0, stopped: null })
    expect(all.map(({ errors }) => errors)).toEqual(all.map(() => ''))
    expect(receiver.conflicts).toBe(0)
    const numbers = receiver.numbers()
    for (const [aggregate, most] of Object.entries(safe)) {
      const arrived = numbers[aggregate] ?? []
      expect(arrived, aggregate).toEqual(arrived.map((_, i) => i + 1))
      expect(arrived.length, aggregate).toBeGreaterThanOrEqual(most)
    }
    expect(outcomes['spooled']).toBeGreaterThan(0)
    expect(outcomes['stored']).toBeGreaterThan(0)
    if (ROUNDS > 10) {
      const told = { ...outcomes, duplicatesSent: receiver.duplicates, slowestMs: Math.round(slowestMs) }
      process.stderr.write(`${receiver.events.length} events in ${ROUNDS} rounds: ${JSON.stringify(told)}\n`)
    }
  },
)
