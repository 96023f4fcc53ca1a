import { readdir, readFile } from 'node:fs/promises'
import { NOBODY } from './find-postgres.ts'
import { until } from './poll.ts'
import { ServerProcess } from './server-process.ts'

/** One run of a PostgreSQL server, which is a family of processes, and the signals that tests send it. */
export class PostgresProcess extends ServerProcess {
  #stopped: number[] = []

  constructor(program: string, args: readonly string[], logPath: string) {
    // messages in English, whatever the tests run in
    const env = { ...process.env, LC_ALL: 'C' }
    super(program, args, { env, cwd: '/', ...NOBODY, logPath, ready: /ready to accept connections/u })
  }

  /** Resolves when none of its processes does anything any more; their ids. */
  async pause(): Promise<number[]> {
    if (!this.running) return []
    // the first one first: it makes no others then
    signalAll([this.pid], 'SIGSTOP')
    this.#stopped = [this.pid, ...(await childrenOf(this.pid))]
    signalAll(this.#stopped, 'SIGSTOP')
    await until('PostgreSQL stands still', async () => {
      const states = await Promise.all(this.#stopped.map(async (pid) => (await statOf(pid))?.state))
      return states.every((state) => state === undefined || 'TZ'.includes(state))
    })
    return this.#stopped
  }

  resume(): void {
    signalAll(this.#stopped.splice(0), 'SIGCONT')
  }

  /** SIGINT breaks off what clients do and shuts down tidily; SIGKILL ends the whole family. */
  async end(how: 'SIGINT' | 'SIGKILL'): Promise<void> {
    if (!this.running) return
    if (how === 'SIGKILL') signalAll(await this.pause(), 'SIGKILL')
    else signalAll([this.pid], how)
    this.resume()
    await this.exited()
  }
}

function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
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
