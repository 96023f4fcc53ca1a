import type { LogPoint, StoredEvent } from '../event/event.ts'
import type { EventStore } from '../event-store/event-store.ts'
import { endOf, inLogOrder } from '../event/log-order.ts'

/** The live events of a part of the log, for one who goes through it in log order. */
export class LiveCursor {
  readonly #batches: AsyncIterator<StoredEvent[]>
  #batch: StoredEvent[] = []
  #next = 0
  #isOver = false

  constructor(store: EventStore, first: LogPoint, last: LogPoint) {
    const range = { after: endOf(first.position - 1n), upTo: last.position }
    this.#batches = store.read(range)[Symbol.asyncIterator]()
  }

  /** The live event at a point, which is not before that of the last call; null: there is none. */
  async at(point: LogPoint): Promise<StoredEvent | null> {
    for (;;) {
      const event = this.#batch[this.#next]
      if (event !== undefined) {
        const order = inLogOrder(event, point)
        if (order === 0) return event
        if (order > 0) return null
        this.#next += 1
      } else if (this.#isOver) return null
      else await this.#fill()
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }

  async #fill(): Promise<void> {
    const { value, done } = await this.#batches.next()
    this.#batch = done === true ? [] : value
    this.#next = 0
    this.#isOver = done === true
  }
}
