import { formatEventLine } from '../../../src/event/event-line.ts'
import { EventLog } from '../../../src/event-log/event-log.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import type { ObjectStore } from '../../../src/object-store/object-store.ts'
import { beside } from './beside.ts'
import type { Sender } from './sender.ts'

/** Small, so that events are moved between two batches. */
const BATCH_EVENTS = 20

/** Reads the log as a replay does, store and archive as one, while events are moved. */
export class LogReader {
  readonly #log: EventLog
  readonly #sender: Sender
  /** Whole readings beside others' work. */
  reads = 0
  readonly faults: string[] = []

  constructor(store: EventStore, objects: ObjectStore, sender: Sender) {
    this.#log = new EventLog(store, () => Promise.resolve(objects))
    this.#sender = sender
  }

  /** All events, in the lines of `export --full`. */
  async read(): Promise<string[]> {
    const lines: string[] = []
    for await (const batch of this.#log.read({ batchEvents: BATCH_EVENTS }))
      for (const event of batch) lines.push(formatEventLine(event, true))
    return lines
  }

  /** Goes on reading until `work` is over. Each time all that was there before it began has to be there, once. */
  beside<Result>(work: Promise<Result>): Promise<Result> {
    return beside(work, () => this.#readOnce())
  }

  async #readOnce(): Promise<void> {
    const before = this.#sender.lines()
    const lines = await this.read()
    const seen = new Set(lines)
    const missing = before.filter((line) => !seen.has(line))
    if (missing.length > 0) this.faults.push(`${missing.length} events were not read, ${missing[0]} first`)
    if (seen.size < lines.length) this.faults.push(`${lines.length - seen.size} events were read twice`)
    this.reads += 1
  }
}
