import { setTimeout as delay } from 'node:timers/promises'
import { formatEventLine } from '../../../src/event/event-line.ts'
import type { NewEvent, StoredEvent } from '../../../src/event/event.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { inLogOrder } from '../../../src/event/log-order.ts'
import { pastEvents } from '../../archive/place.ts'
import { beside } from './beside.ts'

/** A writer without a breath would keep others out of a SQLite file. */
const PACE_MS = 10

/** Of a run's old events some, and each time new ones, below and above what is archived. */
export class Sender {
  readonly #store: EventStore
  readonly #sent: NewEvent[] = []
  /** New ones that the store did not take as such, old ones that it took as new. */
  readonly faults: string[] = []

  constructor(store: EventStore) {
    this.#store = store
  }

  /** Events that happened at random moments of a month, and are not there yet. */
  async sendNew(count: number): Promise<void> {
    const from = this.#sent.length
    // scattered: 7,919 is prime to the number of places
    const events = Array.from({ length: count }, (_, i) => pastEvents(((from + i) * 7919) % 100_000, 1)[0]!)
    const { written } = await this.#store.append(events)
    this.#sent.push(...events)
    if (written !== count) this.faults.push(`${written} of ${count} new events were written`)
  }

  /** Goes on sending until `work` is over. */
  beside<Result>(work: Promise<Result>): Promise<Result> {
    return beside(work, (round) => this.#send(round))
  }

  async #send(round: number): Promise<void> {
    if (round % 5 === 0) await this.sendNew(3)
    const some = Array.from({ length: 20 }, () => this.#sent[Math.floor(Math.random() * this.#sent.length)]!)
    const again = [...new Set(some)]
    const changed = { ...again[0]!, digest: new Uint8Array(16) }
    const { written, duplicates, conflicts } = await this.#store.append([...again, changed])
    if (written !== 0 || duplicates !== again.length || conflicts !== 1)
      this.faults.push(`of ${again.length} old events ${written} were written, ${duplicates} known`)
    await delay(PACE_MS)
  }

  /** The log as it has to be by what was taken so far, in the lines of `export --full`. */
  lines(): string[] {
    const events = this.#sent.map((event): StoredEvent => ({ ...event, position: event.position as bigint }))
    return events.toSorted(inLogOrder).map((event) => formatEventLine(event, true))
  }
}
