import { setTimeout as delay } from 'node:timers/promises'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { openEventStore } from '../../../src/event-store/open.ts'
import { until } from '../../servers/poll.ts'
import { isForNow } from './for-now.ts'
import { LogFold } from './log-fold.ts'

const PATIENCE_MS = 180_000
const POLL_MS = 50

export interface FollowerOptions {
  url: string
  /** Opens the store for each look, as reports do that are run from time to time. */
  anew?: boolean
}

/** Folds the log below the stable position as it grows, and never looks back. */
export class Follower {
  readonly kind: string
  fold = new LogFold()
  readonly #url: string
  readonly #anew: boolean
  readonly #following: Promise<void>
  #store: EventStore | null = null
  #isRunning = true
  #readTo = -1n

  constructor({ url, anew = false }: FollowerOptions) {
    this.kind = anew ? 'a follower that begins anew' : 'a follower that goes on'
    this.#url = url
    this.#anew = anew
    this.#following = this.#follow()
    // told by `passes` and `stop`
    this.#following.catch(() => (this.#isRunning = false))
  }

  /** Until everything up to `position` has been read. */
  async passes(position: bigint): Promise<void> {
    await until(
      `${this.kind} passes ${position}`,
      () => !this.#isRunning || this.#readTo >= position,
      PATIENCE_MS,
    )
    if (!this.#isRunning) await this.#following
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#following
  }

  async #follow(): Promise<void> {
    while (this.#isRunning) {
      try {
        this.#store ??= await openEventStore(this.#url)
        this.#readTo = await this.readOn(this.#store)
      } catch (error) {
        if (!isForNow(error)) throw error
      }
      if (this.#anew) await this.#close()
      await delay(POLL_MS)
    }
    await this.#close()
  }

  /** Reads what may be read now; returns up to where. */
  protected async readOn(store: EventStore): Promise<bigint> {
    const stable = await store.stablePosition()
    await this.readSlice(store, stable)
    return stable
  }

  protected async readSlice(store: EventStore, upTo: bigint): Promise<void> {
    for await (const batch of store.read({ after: this.fold.last, upTo })) {
      for (const event of batch) this.fold.add(event)
    }
  }

  async #close(): Promise<void> {
    await this.#store?.close()
    this.#store = null
  }
}
