import { pause } from '../../pause.ts'
import type { Database } from './database.ts'
import { EventStream } from './event-stream.ts'
import { lookForNewest } from './newest-position.ts'

/** Where there are no change streams, and until one can be opened again. */
const POLL_MS = 500
const REOPEN_AFTER_MS = 5000
/** A stream that nobody listens to is given up: what gathers in it would have to be heard first by the next. */
const UNHEARD_MS = 500
const MAX_TIMER_MS = 2 ** 31 - 1

interface Waiter {
  after: bigint
  tell(isThere: boolean): void
}

/** Followers' wait for events: woken by a change stream where the server has one, else by looking every half second. */
export class News {
  readonly #database: Database
  readonly #waiters = new Set<Waiter>()
  readonly #closing = new AbortController()
  #newest = -1n
  #stream: EventStream | null = null
  #streamsFromMs = 0
  #isListening = false
  #looking: Promise<void> | null = null
  #unheard: NodeJS.Timeout | undefined

  constructor(database: Database) {
    this.#database = database
    if (database.topology === 'standalone') this.#streamsFromMs = Infinity
  }

  /**
   * True as soon as an event above `after` may have been stored; false after `timeoutMs`, when `signal` is aborted or
   * this is closed. A server that does not answer has no news: the next call that needs it tells.
   */
  wait(after: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#closing.signal.aborted || signal?.aborted === true) return Promise.resolve(false)
    if (this.#newest > after) return Promise.resolve(true)
    return new Promise((resolve) => {
      const tell = (isThere: boolean): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        this.#waiters.delete(waiter)
        resolve(isThere)
      }
      const giveUp = (): void => tell(false)
      const timer = setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS))
      signal?.addEventListener('abort', giveUp)
      const waiter = { after, tell }
      this.#waiters.add(waiter)
      if (this.#isListening) this.#look().catch(() => undefined)
      else void this.#listen()
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const waiter of this.#waiters) waiter.tell(false)
    await this.#giveUpStream()
  }

  /** While there is somebody who waits. Never rejects. */
  async #listen(): Promise<void> {
    this.#isListening = true
    clearTimeout(this.#unheard)
    // what is there already need not be heard of
    await this.#look().catch(() => undefined)
    while (this.#waiters.size > 0) {
      try {
        if (performance.now() < this.#streamsFromMs) {
          await this.#look()
          if (this.#waiters.size > 0) await pause(POLL_MS, this.#closing.signal)
        } else {
          await this.#hear()
        }
      } catch {
        this.#streamsFromMs = Math.max(this.#streamsFromMs, performance.now() + REOPEN_AFTER_MS)
        await this.#giveUpStream()
        await pause(POLL_MS, this.#closing.signal)
      }
    }
    // in the same turn as the last look at the waiters: the next one begins anew
    this.#isListening = false
    if (this.#closing.signal.aborted) await this.#giveUpStream()
    else this.#unheard = setTimeout(() => void this.#giveUpStream(), UNHEARD_MS).unref()
  }

  async #hear(): Promise<void> {
    if (this.#stream === null) {
      const stream = await EventStream.open(this.#database)
      this.#stream = stream
      this.#seen(stream.beganAt)
      return
    }
    const position = await this.#stream.next()
    if (position !== null) this.#seen(position)
  }

  /** One at a time: a server that does not answer is not asked by each who waits. */
  #look(): Promise<void> {
    this.#looking ??= lookForNewest(this.#database)
      .then((position) => this.#seen(position))
      .finally(() => (this.#looking = null))
    return this.#looking
  }

  #seen(position: bigint): void {
    if (position > this.#newest) this.#newest = position
    for (const waiter of this.#waiters) if (this.#newest > waiter.after) waiter.tell(true)
  }

  async #giveUpStream(): Promise<void> {
    clearTimeout(this.#unheard)
    const stream = this.#stream
    this.#stream = null
    await stream?.close().catch(() => undefined)
  }
}
