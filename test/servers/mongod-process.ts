import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { until } from './poll.ts'

export interface MongodCommand {
  program: string
  arguments: readonly string[]
  env: NodeJS.ProcessEnv
  logPath: string
}

/** One run of mongod, and the signals that tests send it. */
export class MongodProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #logPath: string
  /** Where in its log this run begins. */
  readonly #logStart: number
  #running = true

  constructor({ program, arguments: args, env, logPath }: MongodCommand) {
    this.#logPath = logPath
    const log = openSync(logPath, 'a')
    this.#logStart = fstatSync(log).size
    this.#child = spawn(program, args, { env, stdio: ['ignore', log, log] })
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

  /** Resolves when no thread of it runs any more: what is asked of it from now on stays unanswered. */
  async pause(): Promise<void> {
    if (!this.#running) return
    this.#child.kill('SIGSTOP')
    if (process.platform !== 'linux') return
    await until('mongod stands still', async () => !this.#running || (await allStopped(this.pid)))
  }

  resume(): void {
    if (this.#running) this.#child.kill('SIGCONT')
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.#running) return
    this.#child.kill(signal)
    this.resume()
    // while it is waited for, it may keep this process up
    this.#child.ref()
    await this.#exited
  }

  /** Whether it is this one that listens at its port, and not one that was there before. */
  async listens(): Promise<boolean> {
    return /waiting for connections/iu.test(await this.#log())
  }

  async logTail(): Promise<string> {
    return (await this.#log()).slice(-3000)
  }

  async #log(): Promise<string> {
    const log = await readFile(this.#logPath).catch(() => Buffer.of())
    return log.subarray(this.#logStart).toString()
  }
}

async function allStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`)
  const stats = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '')),
  )
  // the state follows the name, which is in parentheses
  return stats.every((stat) => stat === '' || /\) [TtZX] /u.test(stat.slice(stat.lastIndexOf(')'))))
}
