import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./server-child.ts', import.meta.url))

/** A server in a process of its own, whose log is read as it is written. */
export class FuzzedServer {
  readonly port: number
  logLines = 0
  /** Lines that hold what nobody may see. */
  readonly leaks: string[] = []
  errors = ''
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** `forbidden`: texts that no line of the log may hold. */
  static async start(folder: string, forbidden: readonly string[]): Promise<FuzzedServer> {
    const child = spawn(process.execPath, [CHILD, folder], { stdio: ['pipe', 'pipe', 'pipe'] })
    const lines = createInterface({ input: child.stdout })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
    const [url] = (await Promise.race([once(lines, 'line'), once(child, 'close')])) as [unknown]
    if (typeof url !== 'string') throw new Error(`the server ended at its start: ${errors}`)
    const server = new FuzzedServer(child, Number(new URL(url).port))
    child.stderr.on('data', (piece: string) => (server.errors += piece))
    lines.on('line', (line) => {
      server.logLines += 1
      if (forbidden.some((text) => line.includes(text))) server.leaks.push(line)
    })
    return server
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What it has needed at most so far; 0 where the system does not tell. */
  get peakMemoryMib(): number {
    if (process.platform !== 'linux') return 0
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+)/mu.exec(status)?.[1] ?? 0) / 1024
  }

  get memoryMib(): number {
    if (process.platform !== 'linux') return 0
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+)/mu.exec(status)?.[1] ?? 0) / 1024
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}
