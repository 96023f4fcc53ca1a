import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { until } from './poll.ts'

/** One run of a server that writes a log; how it is stopped and ended differs from server to server. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #logPath: string
  /** Where in its log this run begins. */
  readonly #logStart: number
  readonly #ready: RegExp
  #running = true

  /** `ready`: what its log says once it listens. */
  constructor(
    program: string,
    args: readonly string[],
    options: Omit<SpawnOptions, 'stdio'> & { logPath: string; ready: RegExp },
  ) {
    const { logPath, ready, ...spawning } = options
    this.#logPath = logPath
    this.#ready = ready
    const log = openSync(logPath, 'a')
    this.#logStart = fstatSync(log).size
    this.#child = spawn(program, args, { ...spawning, stdio: ['ignore', log, log] })
    closeSync(log)
    // a guard sees to its end; a test process need not wait for it
    this.#child.unref()
    this.#exited = new Promise((resolve) => {
      const gone = () => {
        this.#running = false
        resolve()
      }
      this.#child.once('exit', gone).once('error', gone)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get running(): boolean {
    return this.#running
  }

  /** Whether it is this one that listens at its port, and not one that was there before. */
  async listens(): Promise<boolean> {
    return this.#ready.test(await this.#log())
  }

  /** Until it answers; where it ends before, or never does, its log says why. */
  async answers(name: string, isReady: () => Promise<boolean>): Promise<void> {
    const failed = async (why: string) => new Error(`${why}; its log ends with:\n${await this.logTail()}`)
    try {
      await until(`${name} answers`, async () => {
        if (!this.running) throw await failed(`${name} ended at its start`)
        return isReady()
      })
    } catch (error) {
      if (this.running) throw await failed(String(error))
      throw error
    }
  }

  async logTail(): Promise<string> {
    return (await this.#log()).slice(-3000)
  }

  protected signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** After what ends it. */
  protected async exited(): Promise<void> {
    // while it is waited for, it may keep this process up
    this.#child.ref()
    await this.#exited
  }

  async #log(): Promise<string> {
    const log = await readFile(this.#logPath).catch(() => Buffer.of())
    return log.subarray(this.#logStart).toString()
  }
}
