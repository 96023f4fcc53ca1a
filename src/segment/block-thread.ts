import { ThreadLink } from '../thread-link.ts'
import type { LineTable } from './line-table.ts'
import { BlockDamage, unpackOnPool, type UnpackRequest } from './unpack-blocks.ts'

export interface ThreadRequest extends UnpackRequest {
  bytes: Uint8Array<ArrayBuffer>
}
/** `damage`: the message of a BlockDamage. `bug`: anything else that was thrown. */
export type ThreadReply = { lines: LineTable } | { damage: string } | { bug: Error } | 'ready'

type Link = ThreadLink<ThreadRequest | 'ready?', ThreadReply>

/** So many events are worth the start of a thread. */
const MANY_EVENTS = 20_000
/** Nobody asked for so long: who asks next starts it anew. */
const IDLE_MS = 5000

/**
 * Unpacks blocks beside those who read them: by a thread that runs while it is used, and on the thread pool until it is
 * ready, or where no thread can be had.
 */
export class BlockThread {
  readonly #idleMs: number
  #started: Promise<boolean> | null = null
  /** Where it is ready. */
  #link: Link | null = null
  #idle: NodeJS.Timeout | undefined
  /** That were to be unpacked since it was idle. */
  #events = 0

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs
  }

  /** So many more events are to be unpacked; whether there are enough by now to have a thread do it. */
  expect(events: number): boolean {
    this.#events += events
    return this.#events >= MANY_EVENTS
  }

  /** Takes some 30 ms. Resolves to whether there is a thread; one that failed is not tried again. */
  start(): Promise<boolean> {
    this.#started ??= this.#start()
    return this.#started
  }

  /** As unpackOnPool; where the thread did it, payloads that will be decoded are cut into their values. */
  async unpack(bytes: Uint8Array, request: UnpackRequest): Promise<LineTable> {
    const link = this.#link
    if (link === null) {
      void this.start()
      return unpackOnPool(bytes, request)
    }
    clearTimeout(this.#idle)
    // a copy: the bytes may be a part of others that are still used
    const own = Uint8Array.from(bytes)
    const reply = await link
      .request({ ...request, bytes: own }, [own.buffer])
      .catch((bug: Error) => ({ bug }))
    if (reply === 'ready' || 'bug' in reply) {
      // what is wrong with the thread is not wrong with the block
      this.#leave(link)
      return unpackOnPool(bytes, request)
    }
    if (this.#link === link && link.pending === 0) this.#rest(link)
    if ('damage' in reply) throw new BlockDamage(reply.damage)
    return reply.lines
  }

  async #start(): Promise<boolean> {
    try {
      const link: Link = new ThreadLink('segment', 'block-worker', { name: 'demetra-blocks' })
      await link.request('ready?')
      this.#link = link
      this.#rest(link)
      return true
    } catch {
      return false
    }
  }

  #rest(link: Link): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      this.#leave(link)
      this.#started = null
      this.#events = 0
    }, this.#idleMs).unref()
  }

  #leave(link: Link): void {
    if (this.#link !== link) return
    this.#link = null
    clearTimeout(this.#idle)
    void link.close()
  }
}
