import type { NewEvent } from '../../event/event.ts'
import { EventCounts } from './counts.ts'
import type { Known } from './known-events.ts'

type Outcome = 'open' | 'written' | 'duplicate' | 'conflict' | 'skipped'

/** The events of a call that go under one number, and what has become of each. */
export class Piece {
  readonly events: readonly NewEvent[]
  readonly append: bigint
  readonly #outcomes: Outcome[]
  readonly #isOwnEarlier: (append: bigint) => boolean
  /** First place of each id; made where it is asked for. */
  #firsts: Map<string, number> | null = null

  /** `isOwnEarlier`: whether a call of that number belonged to this import and was cut off. */
  constructor(events: readonly NewEvent[], append: bigint, isOwnEarlier: (append: bigint) => boolean) {
    this.events = events
    this.append = append
    this.#isOwnEarlier = isOwnEarlier
    this.#outcomes = events.map(() => 'open')
  }

  outcome(index: number): Outcome {
    return this.#outcomes[index] as Outcome
  }

  isWritten(index: number): void {
    this.#outcomes[index] = 'written'
  }

  /** What is stored under the id of an event decides what became of it. */
  isKnown(index: number, { digest, append }: Known): void {
    this.#outcomes[index] = this.#judge(index, digest, append)
  }

  /** By type and day, of those that this call has written. */
  written(): EventCounts {
    const counts = new EventCounts()
    this.events.forEach(({ type, createdAt }, index) => {
      if (this.#outcomes[index] === 'written') counts.add(type, createdAt)
    })
    return counts
  }

  #judge(index: number, digest: Uint8Array, append: bigint | null): Outcome {
    const event = this.events[index] as NewEvent
    const same = Buffer.compare(digest, event.digest) === 0
    // by this very call: an attempt whose answer was lost, or an event before with the same id
    if (append === this.append && this.#isFirst(index, event)) return 'written'
    if (!same) return 'conflict'
    return append !== null && append !== this.append && this.#isOwnEarlier(append) ? 'skipped' : 'duplicate'
  }

  #isFirst(index: number, event: NewEvent): boolean {
    this.#firsts ??= firstPlaces(this.events)
    return this.#firsts.get(keyOf(event.id)) === index
  }
}

export const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, 16).toString('latin1')

function firstPlaces(events: readonly NewEvent[]): Map<string, number> {
  const places = new Map<string, number>()
  events.forEach(({ id }, index) => {
    const key = keyOf(id)
    if (!places.has(key)) places.set(key, index)
  })
  return places
}
