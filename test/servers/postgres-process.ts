import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { NOBODY } from './find-postgres.ts'
import { until } from './poll.ts'

/** One run of a PostgreSQL server, which is a family of processes, and the signals that tests send it. */
export class PostgresProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #logPath: string
  /** Where in its log this run begins. */
  readonly #logStart: number
  #stopped: number[] = []
  #running = true

  constructor(program: string, args: readonly string[], logPath: string) {
    this.#logPath = logPath
    const log = openSync(logPath, 'a')
    this.#logStart = fstatSync(log).size
    // messages in English, whatever the tests run in
    const env = { ...process.env, LC_ALL: 'C' }
    this.#child = spawn(program, args, { env, cwd: '/', stdio: ['ignore', log, log], ...NOBODY })
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

  /** Resolves when none of its processes does anything any more; their ids. */
  async pause(): Promise<number[]> {
    if (!this.#running) return []
    // the first one first: it makes no others then
    signal([this.pid], 'SIGSTOP')
    this.#stopped = [this.pid, ...(await childrenOf(this.pid))]
    signal(this.#stopped, 'SIGSTOP')
    await until('PostgreSQL stands still', async () => {
      const states = await Promise.all(this.#stopped.map(async (pid) => (await statOf(pid))?.state))
      return states.every((state) => state === undefined || 'TZ'.includes(state))
    })
    return this.#stopped
  }

  resume(): void {
    signal(this.#stopped.splice(0), 'SIGCONT')
  }

  /** SIGINT breaks off what clients do and shuts down tidily; SIGKILL ends the whole family. */
  async end(how: 'SIGINT' | 'SIGKILL'): Promise<void> {
    if (!this.#running) return
    if (how === 'SIGKILL') signal(await this.pause(), 'SIGKILL')
    else signal([this.pid], how)
    this.resume()
    // while it is waited for, it may keep this process up
    this.#child.ref()
    await this.#exited
  }

  /** Whether it is this one that listens at its port, and not one that was there before. */
  async listens(): Promise<boolean> {
    return /ready to accept connections/u.test(await this.#log())
  }

  async logTail(): Promise<string> {
    return (await this.#log()).slice(-3000)
  }

  async #log(): Promise<string> {
    const log = await readFile(this.#logPath).catch(() => Buffer.of())
    return log.subarray(this.#logStart).toString()
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // it has gone by itself
    }
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.map(Number).filter((pid) => pid > 0)
  const stats = await Promise.all(pids.map(async (pid) => ({ pid, stat: await statOf(pid) })))
  return stats.filter(({ stat }) => stat?.parent === parent).map(({ pid }) => pid)
}

async function statOf(pid: number): Promise<{ state: string; parent: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // state and parent follow the name, which is in parentheses
  const match = /^ (\S) (\d+)/u.exec(text.slice(text.lastIndexOf(')') + 1))
  return match === null ? undefined : { state: match[1] ?? '', parent: Number(match[2]) }
}
