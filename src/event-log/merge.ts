import type { LogPoint, StoredEvent } from '../event/event.ts'
import { inLogOrder } from '../event/log-order.ts'

/** A part of the log that is in log order. */
export interface Source {
  /** Nothing of it stands before this point. */
  from: LogPoint
  /** Called once its turn comes. */
  open(): AsyncIterable<StoredEvent[]>
  /** Its turn comes next: what is slow to get may be asked for. */
  prepare?(): void
}

/**
 * Sources as one sequence in log order, in batches of at most `batchEvents`. An event that stands in several comes
 * once. A source is opened where it begins, and holds one batch: that is all the memory taken.
 */
export async function* mergeBatches(
  sources: readonly Source[],
  batchEvents: number,
): AsyncGenerator<StoredEvent[]> {
  const inputs = new Inputs(sources)
  let merged: StoredEvent[] = []
  let last: LogPoint | null = null
  try {
    for (;;) {
      const [input, next] = inputs.foremost()
      if (input === null || input.isUsedUp) {
        // before anything is waited for, so that events are not held longer than their batches
        if (merged.length > 0) yield merged
        merged = []
        if (input === null) return
        await inputs.refill(input)
        continue
      }
      if (last !== null && inLogOrder(input.head, last) <= 0) {
        input.take()
      } else if (merged.length === 0 && input.isWhole(batchEvents, next)) {
        const batch = input.takeAll()
        last = batch.at(-1) ?? last
        yield batch
      } else {
        const event = input.take()
        merged.push(event)
        last = event
      }
      if (merged.length === batchEvents) {
        yield merged
        merged = []
      }
    }
  } finally {
    await inputs.close()
  }
}

/** One source that is open, or about to be. */
class Input {
  /** The event that is next; where the batch is used up, a point that none of those to come stands before. */
  head: LogPoint
  readonly source: Source
  #batches: AsyncIterator<StoredEvent[]> | null = null
  #batch: StoredEvent[] = []
  #at = 0

  constructor(source: Source) {
    this.source = source
    this.head = source.from
  }

  get isUsedUp(): boolean {
    return this.#at === this.#batch.length
  }

  /** Nothing was taken of its batch, and nothing of `next` comes in between. */
  isWhole(mostEvents: number, next: Input | null): boolean {
    return (
      this.#at === 0 &&
      this.#batch.length <= mostEvents &&
      (next === null || inLogOrder(this.#batch.at(-1) as StoredEvent, next.head) <= 0)
    )
  }

  take(): StoredEvent {
    const event = this.#batch[this.#at] as StoredEvent
    this.#at += 1
    this.head = this.#batch[this.#at] ?? event
    return event
  }

  takeAll(): StoredEvent[] {
    this.#at = this.#batch.length
    this.head = this.#batch.at(-1) ?? this.head
    return this.#batch
  }

  /** False: it is at its end. */
  async refill(): Promise<boolean> {
    this.#batches ??= this.source.open()[Symbol.asyncIterator]()
    const { done, value } = await this.#batches.next()
    this.#batch = done === true ? [] : value
    this.#at = 0
    this.head = this.#batch[0] ?? this.head
    return done !== true
  }

  async close(): Promise<void> {
    await this.#batches?.return?.()
  }
}

/** Those that are open, and those that wait for their turns, of which the first alone is looked at. */
class Inputs {
  readonly #waiting: Input[]
  #open: Input[] = []

  constructor(sources: readonly Source[]) {
    this.#waiting = sources
      .toSorted((a, b) => inLogOrder(a.from, b.from))
      .map((source) => new Input(source))
      .toReversed()
  }

  /** The one whose head stands first, and the one behind it. */
  foremost(): [Input | null, Input | null] {
    let first = this.#waiting.at(-1) ?? null
    let second: Input | null = null
    for (const input of this.#open) {
      if (first === null || inLogOrder(input.head, first.head) < 0) {
        second = first
        first = input
      } else if (second === null || inLogOrder(input.head, second.head) < 0) second = input
    }
    return [first, second]
  }

  async refill(input: Input): Promise<void> {
    if (input === this.#waiting.at(-1)) {
      this.#waiting.pop()
      this.#open.push(input)
      this.#waiting.at(-1)?.source.prepare?.()
    }
    if (await input.refill()) return
    this.#open = this.#open.filter((other) => other !== input)
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((input) => input.close()))
  }
}
