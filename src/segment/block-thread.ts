import { Worker } from 'node:worker_threads'
import { threadFile } from '../thread-file.ts'
import type { LineTable } from './line-table.ts'
import { BlockDamage, type BlockRequest } from './unpack-block.ts'

export interface ThreadRequest extends BlockRequest {
  bytes: Uint8Array<ArrayBuffer>
}
/** `isReady`: the first of all; then one for each request, in their order. */
export type ThreadReply = { isReady: true } | { lines: LineTable } | { damage: string } | { bug: Error }

interface Waiting {
  resolve: (lines: LineTable) => void
  reject: (error: Error) => void
}

/** Nobody asked for so long: who asks next starts it anew. */
const IDLE_MS = 5000

/** A thread that unpacks blocks beside those who read them. It runs while it is used, and keeps no process alive. */
export class BlockThread {
  readonly #idleMs: number
  #started: Promise<boolean> | null = null
  #worker: Worker | null = null
  #isReady = false
  readonly #waiting: Waiting[] = []
  #idle: NodeJS.Timeout | undefined

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs
  }

  /** Takes some 30 ms. Resolves to whether it is ready then: false where no thread can be had. */
  start(): Promise<boolean> {
    this.#started ??= new Promise((resolve) => {
      this.#run()
        .once('message', () => resolve(true))
        .once('exit', () => resolve(false))
    })
    return this.#started
  }

  #run(): Worker {
    const worker = new Worker(threadFile('segment', 'block-unpacker'), { name: 'demetra-blocks' })
    this.#worker = worker
    worker.unref()
    worker.on('message', (reply: ThreadReply) => this.#take(reply))
    worker.on('error', (error) => this.#end(worker, error as Error))
    worker.on('exit', () => this.#end(worker, new Error('the thread that unpacks blocks ended')))
    return worker
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** As unpackOnPool; only while it is ready. */
  unpack(bytes: Uint8Array, request: BlockRequest): Promise<LineTable> {
    const worker = this.#worker
    if (worker === null) throw new TypeError('the thread that unpacks blocks is not started')
    clearTimeout(this.#idle)
    // a process may end while nobody waits for it
    worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      // a copy: the bytes may be a part of others that are still used
      const own = Uint8Array.from(bytes)
      worker.postMessage({ ...request, bytes: own } satisfies ThreadRequest, [own.buffer])
    })
  }

  #take(reply: ThreadReply): void {
    if ('isReady' in reply) this.#isReady = true
    else {
      const waiting = this.#waiting.shift()
      if ('lines' in reply) waiting?.resolve(reply.lines)
      else waiting?.reject('damage' in reply ? new BlockDamage(reply.damage) : reply.bug)
    }
    if (this.#waiting.length === 0) this.#rest()
  }

  #rest(): void {
    const worker = this.#worker
    worker?.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      this.#forget()
      void worker?.terminate()
    }, this.#idleMs).unref()
  }

  #end(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#forget()
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #forget(): void {
    this.#started = null
    this.#worker = null
    this.#isReady = false
    clearTimeout(this.#idle)
  }
}
