import type { NewEvent } from '../event/event.ts'
import type { EventCollection } from './event-store.ts'

/** A collection of the events themselves; of those taken only the ids are kept. */
export class EventList implements EventCollection {
  #events: NewEvent[] = []
  readonly #ids: Uint8Array[] = []

  get length(): number {
    return this.#ids.length
  }

  get events(): readonly NewEvent[] {
    return this.#events
  }

  add(event: NewEvent): void {
    this.#events.push(event)
    this.#ids.push(event.id)
  }

  id(index: number): Uint8Array {
    return this.#ids[index] as Uint8Array
  }

  /** For the append: it lets go of them when it wants to. */
  take(): NewEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}
