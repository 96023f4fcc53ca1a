import { endOf } from '../../event/log-order.ts'
import { positionAt } from '../../event/position.ts'
import type { EventStore } from '../../event-store/event-store.ts'

const MINUTE_MS = 60_000
const MINUTES = 60
/** So old an event can still appear, with a position from before it was to be seen. */
const LATE_MS = 10_000
/** Once so many were counted, what is older has to wait for the next look. */
const COUNTED_AT_ONCE = 300_000

export interface MinuteCount {
  /** Of its beginning, in milliseconds since 1970. */
  minuteMs: number
  /** null: not counted yet. */
  events: number | null
}

interface Counted {
  events: number
  /** Every position below it is counted for ever, in milliseconds since 1970. */
  toMs: number
}

/**
 * Live events of the last hour by the minute of their position, counted by the index that the log is read by: each event
 * once, but for those of the last seconds, so that a look costs what came in since the last one. No store keeps such
 * counts. What is archived within its hour is not among them.
 */
export class MinuteCounts {
  readonly #store: Pick<EventStore, 'summary'>
  readonly #counted = new Map<number, Counted>()

  constructor(store: Pick<EventStore, 'summary'>) {
    this.#store = store
  }

  /** The last 60 minutes, the oldest first; the last one is not over yet. */
  async read(nowMs: number): Promise<MinuteCount[]> {
    const last = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
    const minutes = Array.from({ length: MINUTES }, (_, i) => last - i * MINUTE_MS)
    for (const minuteMs of this.#counted.keys()) {
      if (minuteMs < last - MINUTES * MINUTE_MS) this.#counted.delete(minuteMs)
    }
    const counts: MinuteCount[] = []
    let left = COUNTED_AT_ONCE
    for (const minuteMs of minutes) {
      const isPut = left <= 0 && !this.#isOver(minuteMs)
      const { events, counted } = isPut ? { events: null, counted: 0 } : await this.#count(minuteMs, nowMs)
      left -= counted
      counts.push({ minuteMs, events })
    }
    return counts.toReversed()
  }

  #isOver(minuteMs: number): boolean {
    return this.#counted.get(minuteMs)?.toMs === minuteMs + MINUTE_MS
  }

  async #count(minuteMs: number, nowMs: number): Promise<{ events: number; counted: number }> {
    const before = this.#counted.get(minuteMs) ?? { events: 0, toMs: minuteMs }
    const endMs = minuteMs + MINUTE_MS
    if (before.toMs === endMs) return { events: before.events, counted: 0 }
    const safeMs = Math.min(endMs, nowMs - LATE_MS)
    const counted = { ...before }
    if (safeMs > before.toMs) {
      counted.events += await this.#between(before.toMs, safeMs)
      counted.toMs = safeMs
      this.#counted.set(minuteMs, counted)
    }
    const young = await this.#between(counted.toMs, endMs)
    return { events: counted.events + young, counted: counted.events - before.events + young }
  }

  async #between(fromMs: number, toMs: number): Promise<number> {
    if (fromMs >= toMs) return 0
    const before = (timeMs: number) => endOf(positionAt(timeMs) - 1n)
    return (await this.#store.summary(before(fromMs), before(toMs))).events
  }
}
