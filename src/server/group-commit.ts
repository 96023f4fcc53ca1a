import { DemetraError, EXIT } from '../errors.ts'
import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import type { EventCollection, EventStore } from '../event-store/event-store.ts'
import type { ServerLimits } from './limits.ts'
import { GroupMetrics } from './metrics/group-metrics.ts'

/** What became of an event; an EventError: the store cannot hold it. */
export type IngestOutcome = 'stored' | 'duplicate' | 'conflict' | EventError

/** Since the server was started. */
export interface IngestCounts {
  stored: number
  duplicates: number
  conflicts: number
  /** Events of groups that could not be stored: answered with 503. */
  failed: number
  /** Appends to the store. */
  groups: number
}

export interface GroupCommitOptions {
  /** Every request by an append of its own: what a benchmark compares with. */
  alone?: boolean
  onFailure?: (error: unknown, events: number) => void
}

/** Of one append; larger ones cost no less for each event, and let the first wait longer. */
const GROUP_EVENTS = 5000

/**
 * The only way in for events. Requests that come at the same time share one append, and so its cost; each is answered
 * when it is durable.
 *
 * - A group is what has come in while the append before it was under way. No clock holds anybody up: where nothing is
 *   under way, an event that comes alone is stored at once.
 * - What was submitted first stands first, so that each connection's events keep their order; where the store has
 *   several appends in flight, each aggregate's do.
 * - What the store cannot hold is told to its sender alone. An append that fails is told to all who are in it.
 * - Not more than `limits.waitingEvents` are taken at a time.
 */
export class GroupCommit {
  readonly counts: IngestCounts = { stored: 0, duplicates: 0, conflicts: 0, failed: 0, groups: 0 }
  readonly metrics = new GroupMetrics()
  readonly #store: EventStore
  readonly #waitingLimit: number
  readonly #groupEvents: number
  readonly #mostInFlight: number
  readonly #onFailure: (error: unknown, events: number) => void
  readonly #queue: Group[] = []
  #waitingEvents = 0
  #inFlight = 0
  #scheduled = false

  constructor(
    store: EventStore,
    limits: Pick<ServerLimits, 'waitingEvents'>,
    options: GroupCommitOptions = {},
  ) {
    this.#store = store
    this.#waitingLimit = limits.waitingEvents
    this.#groupEvents = options.alone === true ? 1 : GROUP_EVENTS
    this.#mostInFlight = options.alone === true ? store.capabilities.appendsInFlight : IN_FLIGHT
    this.#onFailure = options.onFailure ?? (() => undefined)
  }

  /** Events that were taken and are not stored yet. */
  get waitingEvents(): number {
    return this.#waitingEvents
  }

  /**
   * Resolves when the events are durable, with an outcome for each.
   *
   * @throws DemetraError DEMETRA_SERVER_BUSY, exit 5, where too many wait; what the append throws
   */
  async submit(events: readonly NewEvent[]): Promise<IngestOutcome[]> {
    if (this.#waitingEvents > 0 && this.#waitingEvents + events.length > this.#waitingLimit) throw busy()
    let group = this.#queue.at(-1)
    if (group === undefined || group.length + events.length > this.#groupEvents) {
      group = new Group(this.#store.collect())
      this.#queue.push(group)
    }
    this.#waitingEvents += events.length
    this.#schedule()
    return group.add(events)
  }

  /** After all that has come in together was read. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= this.#mostInFlight || this.#queue.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const group = this.#queue.shift()
      if (group !== undefined) void this.#commit(group)
      this.#schedule()
    })
  }

  async #commit(group: Group): Promise<void> {
    this.#inFlight += 1
    const { counts } = this
    counts.groups += 1
    const startedAt = performance.now()
    try {
      const { written, duplicates, conflicts } = await group.commit(this.#store)
      this.metrics.committed(group.length, performance.now() - startedAt)
      counts.stored += written
      counts.duplicates += duplicates
      counts.conflicts += conflicts
    } catch (error) {
      this.metrics.failed(performance.now() - startedAt)
      counts.failed += group.length
      this.#onFailure(error, group.length)
    } finally {
      this.#inFlight -= 1
      this.#waitingEvents -= group.submitted
      this.#schedule()
    }
  }
}

/** Appends under way at a time. A second one would take the events that make the next group large. */
const IN_FLIGHT = 1

interface Submission {
  /** For each event its place in the collection, or why it is not in it. */
  places: (number | EventError)[]
  resolve: (outcomes: IngestOutcome[]) => void
  reject: (error: unknown) => void
}

/** The events of one append, and who waits for them. */
class Group {
  submitted = 0
  readonly #collection: EventCollection
  readonly #submissions: Submission[] = []

  constructor(collection: EventCollection) {
    this.#collection = collection
  }

  get length(): number {
    return this.#collection.length
  }

  add(events: readonly NewEvent[]): Promise<IngestOutcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<IngestOutcome[]>()
    this.#submissions.push({ places: events.map((event) => this.#place(event)), resolve, reject })
    this.submitted += events.length
    return promise
  }

  async commit(store: EventStore): Promise<{ written: number; duplicates: number; conflicts: number }> {
    try {
      const result = await store.append(this.#collection, { order: 'aggregate' })
      const outcomes = Array.from({ length: this.length }, (): IngestOutcome => 'stored')
      for (const index of result.duplicateIndexes) outcomes[index] = 'duplicate'
      for (const index of result.conflictIndexes) outcomes[index] = 'conflict'
      for (const { places, resolve } of this.#submissions) {
        resolve(
          places.map((place) => (place instanceof EventError ? place : (outcomes[place] as IngestOutcome))),
        )
      }
      return result
    } catch (error) {
      for (const { reject } of this.#submissions) reject(error)
      throw error
    }
  }

  #place(event: NewEvent): number | EventError {
    try {
      this.#collection.add(event)
      return this.#collection.length - 1
    } catch (error) {
      if (error instanceof EventError) return error
      throw error
    }
  }
}

function busy(): DemetraError {
  return new DemetraError('The server has as many events in hand as it may keep', {
    code: 'DEMETRA_SERVER_BUSY',
    exitCode: EXIT.temporary,
    hints: ['Send them again after the seconds of Retry-After'],
  })
}
