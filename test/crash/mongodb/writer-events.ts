import type { NewEvent } from '../../../src/event/event.ts'
import { anEvent, events } from '../../contracts/event-store/fixture.ts'

const AGGREGATES = 20
const LARGEST_CALL = 600

/**
 * The calls of one writer, each the same whoever asks. Event n of it is number n / 20 of its aggregate, and says so:
 * from the log alone it can be seen whether one is missing, doubled or out of its order.
 */
export class WriterEvents {
  readonly #name: string
  #call = 0
  #events = 0

  constructor(name: string) {
    this.#name = name
  }

  /** How many events all calls so far have. */
  get count(): number {
    return this.#events
  }

  /** Most calls are small, some have hundreds of events. */
  next(): NewEvent[] {
    const share = ((this.#call * 0.618_033_988_7) % 1) ** 4
    const first = this.#events
    const call = events(1 + Math.floor(share * LARGEST_CALL), (k) => this.#event(first + k))
    this.#call += 1
    this.#events += call.length
    return call
  }

  #event(n: number): NewEvent {
    return anEvent(`${this.#name} ${n}`, {
      aggregateId: `${this.#name}/${n % AGGREGATES}`,
      payload: JSON.stringify({ number: Math.floor(n / AGGREGATES) }),
    })
  }
}

/** The events of each aggregate, by what the log shows of them. */
export class AggregateOrder {
  readonly #next = new Map<string, number>()
  readonly #stored = new Map<string, number>()
  readonly problems: string[] = []

  add({ aggregateId, payload, position }: Pick<NewEvent, 'aggregateId' | 'payload' | 'position'>): void {
    const { number } = JSON.parse(payload) as { number: number }
    const next = this.#next.get(aggregateId) ?? 0
    if (number !== next)
      this.problems.push(`${aggregateId} has ${number} at ${position} where ${next} belongs`)
    this.#next.set(aggregateId, number + 1)
    const writer = aggregateId.slice(0, aggregateId.lastIndexOf('/'))
    this.#stored.set(writer, this.stored(writer) + 1)
  }

  stored(writer: string): number {
    return this.#stored.get(writer) ?? 0
  }

  /** Whether the first `count` events of a writer are all there; aggregates without a gap are how they begin. */
  holds(writer: string, count: number): boolean {
    return Array.from({ length: AGGREGATES }, (_, a) => a).every(
      (a) => (this.#next.get(`${writer}/${a}`) ?? 0) >= Math.ceil((count - a) / AGGREGATES),
    )
  }
}
