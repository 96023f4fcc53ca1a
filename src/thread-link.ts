import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

interface Waiting<Reply> {
  resolve: (reply: Reply) => void
  reject: (error: Error) => void
}

/**
 * A thread as seen from here: requests go out in order, and one reply to each comes back in that order. A request of
 * null tells the thread to end. It keeps no process alive but while somebody waits for a reply.
 */
export class ThreadLink<Request, Reply> {
  readonly #name: string
  readonly #worker: Worker
  readonly #waiting: Waiting<Reply>[] = []
  #failure: Error | null = null

  /** Of the entry point `src/<folder>/<file>.ts`. Throws where no thread can be had. */
  constructor(folder: string, file: string, options: WorkerOptions & { name: string }) {
    this.#name = options.name
    this.#worker = new Worker(threadFile(folder, file), options)
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) => {
      this.#next()?.resolve(reply)
    })
    this.#worker.on('messageerror', (error) => {
      this.#fail(error)
      void this.#worker.terminate()
    })
    this.#worker.on('error', (error) => this.#fail(error as Error))
    this.#worker.on('exit', () => this.#fail(new Error(`the thread ${this.#name} ended`)))
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#waiting.length
  }

  /** Rejects where the thread has ended. */
  async request(request: Request, transfer: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#failure !== null) throw this.#failure
    this.#worker.postMessage(request, transfer)
    // so that the process does not end while somebody waits
    this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  /** After the last reply. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    if (this.#failure !== null) return
    this.#worker.ref()
    this.#worker.postMessage(null)
    await ended
  }

  #next(): Waiting<Reply> | undefined {
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    return waiting
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** In the build the code here may stand in a chunk of any folder of dist/, the entry point at `dist/<folder>/<file>.js`. */
function threadFile(folder: string, file: string): URL {
  if (import.meta.url.endsWith('.ts')) return new URL(`./${folder}/${file}.ts`, import.meta.url)
  const places = [`./${file}.js`, `./${folder}/${file}.js`, `../${folder}/${file}.js`]
  const urls = places.map((place) => new URL(place, import.meta.url))
  const found = urls.find((url) => existsSync(fileURLToPath(url)))
  if (found === undefined) throw new Error(`${file}.js is not beside ${import.meta.url}`)
  return found
}
