import { EventReader } from '../event/domain-event.ts'
import type { ReadPlan } from './event-types.ts'
import type { FoldFailure, Problem } from './fold.ts'
import type { LogEvent } from './log-event.ts'
import type { AnyEvent } from './projection.ts'

interface ReadBatch {
  events: AnyEvent[]
  /** Where each event stands in the batch. */
  places: number[]
  /** Those that are stepped over. */
  skipped: LogEvent[]
  /** Nothing was read beyond it. */
  failure: FoldFailure | null
}

/** Makes of events of the log what handlers see, and knows which of them are to be stepped over. */
export class BatchReader {
  readonly #reader: EventReader
  readonly #skip: ReadonlySet<string>

  /** `skip`: UUIDs. */
  constructor(plan: ReadPlan, skip: readonly string[]) {
    this.#reader = new EventReader(plan.definitions)
    this.#skip = new Set(skip.map((id) => id.toLowerCase()))
  }

  isSkipped(event: LogEvent): boolean {
    return this.#skip.size > 0 && this.#skip.has(event.id)
  }

  read(event: LogEvent): AnyEvent | Problem {
    try {
      return this.#reader.read(event.stored, event.payload(), event.id)
    } catch (cause) {
      const message = `it cannot be brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`
      return { message, cause }
    }
  }

  readAll(batch: readonly LogEvent[]): ReadBatch {
    const result: ReadBatch = { events: [], places: [], skipped: [], failure: null }
    for (const [index, event] of batch.entries()) {
      if (this.isSkipped(event)) {
        result.skipped.push(event)
        continue
      }
      const read = this.read(event)
      if ('message' in read) return { ...result, failure: { index, ...read } }
      result.events.push(read)
      result.places.push(index)
    }
    return result
  }
}
