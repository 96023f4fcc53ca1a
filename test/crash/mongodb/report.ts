import type { EventStore } from '../../../src/event-store/event-store.ts'
import { Follower } from './follower.ts'
import { LogFold } from './log-fold.ts'

/**
 * A follower as reports are: it says how far it is about to read, stays below backfills that run, and begins anew under
 * another generation where one has written below where it stands.
 */
export class Report extends Follower {
  /** How often it had to begin anew. */
  replays = 0
  #known = 0
  #generation = 1
  #readTo = 0n

  protected override async readOn(store: EventStore): Promise<bigint> {
    const reader = { reportStore: 'sqlite:reports.db', name: 'totals', generation: this.#generation }
    const stable = await store.stablePosition()
    const { mayReadTo } = await store.readers.advance({ ...reader, readTo: stable })
    // before the slice is read: what was over by then and stands above is part of it
    const backfills = await store.backfills.since(this.#known)
    if (backfills.some(({ lowest }) => lowest !== null && lowest <= this.#readTo)) {
      if (backfills.some(({ running }) => running)) return -1n
      await store.readers.drop(reader)
      this.#startAnew()
      return -1n
    }
    const running = backfills.find((backfill) => backfill.running)
    const over = backfills.filter(({ number }) => running === undefined || number < running.number)
    this.#known = over.at(-1)?.number ?? this.#known
    if (mayReadTo <= this.#readTo) return this.#readTo
    // from here on events of this slice may have been seen
    this.#readTo = mayReadTo
    await this.readSlice(store, mayReadTo)
    return mayReadTo
  }

  #startAnew(): void {
    this.replays += 1
    this.#generation += 1
    this.#readTo = 0n
    this.fold = new LogFold()
  }
}
