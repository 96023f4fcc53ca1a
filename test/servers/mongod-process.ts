import { readdir, readFile } from 'node:fs/promises'
import { until } from './poll.ts'
import { ServerProcess } from './server-process.ts'

export interface MongodCommand {
  program: string
  arguments: readonly string[]
  env: NodeJS.ProcessEnv
  logPath: string
}

/** One run of mongod, and the signals that tests send it. */
export class MongodProcess extends ServerProcess {
  constructor({ program, arguments: args, env, logPath }: MongodCommand) {
    super(program, args, { env, logPath, ready: /waiting for connections/iu })
  }

  /** Resolves when no thread of it runs any more: what is asked of it from now on stays unanswered. */
  async pause(): Promise<void> {
    if (!this.running) return
    this.signal('SIGSTOP')
    if (process.platform !== 'linux') return
    await until('mongod stands still', async () => !this.running || (await allStopped(this.pid)))
  }

  resume(): void {
    if (this.running) this.signal('SIGCONT')
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.running) return
    this.signal(signal)
    this.resume()
    await this.exited()
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
