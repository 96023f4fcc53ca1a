import { Worker } from 'node:worker_threads'
import { DemetraError, type DemetraErrorOptions } from '../../errors.ts'
import { threadFile } from '../../thread-file.ts'
import type { OperationArguments, OperationName, OperationResult } from './operations.ts'

export interface WriterSettings {
  path: string
  cacheBytes: number
  waitMs: number
}
export interface WriterRequest {
  name: OperationName
  args: unknown
  now: number
}
/** One for each request, in their order. */
export type WriterReply =
  { result: unknown } | { failure: { message: string; options: DemetraErrorOptions } } | { bug: Error }

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/** The writer thread as seen from here: requests go out in order, replies come back in order. */
export class WriterLink {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | null = null

  constructor(settings: WriterSettings) {
    this.#worker = new Worker(threadFile('event-store', 'sqlite-writer'), {
      workerData: settings,
      name: 'demetra-writer',
    })
    this.#worker.unref()
    this.#worker.on('message', (reply: WriterReply) => this.#settle(reply))
    this.#worker.on('error', (error) => this.#fail(error as Error))
    this.#worker.on('exit', () => this.#fail(new Error('the writer thread ended')))
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#waiting.length
  }

  request<Name extends OperationName>(
    name: Name,
    args: OperationArguments<Name>,
    now: number,
    transfer: ArrayBuffer[] = [],
  ): Promise<OperationResult<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure)
        return
      }
      const request: WriterRequest = { name, args, now }
      this.#worker.postMessage(request, transfer)
      this.#waiting.push({ resolve: resolve as Waiting['resolve'], reject })
      // A process may end while the writer is idle, not while it writes.
      this.#worker.ref()
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

  #settle(reply: WriterReply): void {
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    if ('result' in reply) {
      waiting?.resolve(reply.result)
      return
    }
    if ('failure' in reply) waiting?.reject(new DemetraError(reply.failure.message, reply.failure.options))
    else waiting?.reject(reply.bug)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}
