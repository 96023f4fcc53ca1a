import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { RUN } from '../cli/demetra.ts'

interface ServeOptions {
  store?: string
  port?: number
  cwd?: string
}

/** `demetra serve` as it is built, as a process of its own that can be killed and started again. */
export class ServeProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#child = child
    this.#ended = once(child, 'close')
  }

  /** Listens when it resolves, on any port that is free if none is given. Without `store`: as the project in `cwd` says. */
  static async start({ store, port = 0, cwd = tmpdir() }: ServeOptions): Promise<ServeProcess> {
    const args = [
      'serve',
      '--quiet',
      '--port',
      String(port),
      ...(store === undefined ? [] : ['--store', store]),
    ]
    const child = spawn(process.execPath, [RUN, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^Listening on (\S+)$/u.exec(line)?.[1]
      if (url !== undefined) return new ServeProcess(url, child)
    }
    throw new Error('demetra serve ended at its start')
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Resolves to the exit code, or to the signal that ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown> {
    this.#child.stdout?.resume()
    this.#child.kill(signal)
    const [code, name] = await this.#ended
    return code ?? name
  }
}
