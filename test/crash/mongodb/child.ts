import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../../servers/poll.ts'

/** For two calls, of which each may wait a minute for its server and 45 s for a last answer. */
const PATIENCE_MS = 240_000

/** A process under test that writes `stored CALL EVENTS` and `refused CODE`. */
export class Child {
  readonly name: string
  /** Acknowledged so far. */
  calls = 0
  events = 0
  readonly refusals: string[] = []
  readonly #process: ChildProcess
  readonly #ended: Promise<number | string>

  constructor(script: URL, name: string, args: readonly string[]) {
    this.name = name
    this.#process = spawn(process.execPath, [fileURLToPath(script), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#ended = once(this.#process, 'close').then(([code, signal]) => (code ?? signal) as number | string)
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#hear(line))
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Resolves to the exit code, or to the signal that ended it. */
  ended(): Promise<number | string> {
    return this.#ended
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
    this.#process.kill(signal)
    return this.#ended
  }

  /** Until something that was sent after now is acknowledged: the call at hand may have been stored before. */
  async goesOn(): Promise<void> {
    const before = this.calls
    await this.#until('goes on', () => this.calls > before + 1)
  }

  async isRefused(pattern: RegExp): Promise<void> {
    const before = this.refusals.length
    await this.#until(`is refused: ${pattern}`, () =>
      this.refusals.slice(before).some((code) => pattern.test(code)),
    )
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    await until(
      `${this.name} ${what}`,
      () => {
        if (!this.isRunning) throw new Error(`${this.name} has ended`)
        return holds()
      },
      PATIENCE_MS,
    )
  }

  #hear(line: string): void {
    const [word, first = '', events] = line.split(' ')
    if (word === 'refused') this.refusals.push(first)
    if (word !== 'stored') return
    this.calls = Number(first) + 1
    this.events = Number(events)
  }
}
