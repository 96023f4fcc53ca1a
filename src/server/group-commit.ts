import { DemetraError, EXIT } from '../errors.ts'
import type { NewEvent } from '../event/event.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ServerLimits } from './limits.ts'
import { GroupMetrics } from './metrics/group-metrics.ts'

export type IngestOutcome = 'stored' | 'duplicate' | 'conflict'

interface Submission {
  events: readonly NewEvent[]
  resolve: (outcomes: IngestOutcome[]) => void
  reject: (error: unknown) => void
}

/** Stores the events of requests that come at the same time by one append: they share its cost. */
export class GroupCommit {
  readonly metrics = new GroupMetrics()
  readonly #store: EventStore
  readonly #limits: Pick<ServerLimits, 'waitingEvents'>
  #waiting: Submission[] = []
  #waitingEvents = 0
  #running = false

  constructor(store: EventStore, limits: Pick<ServerLimits, 'waitingEvents'>) {
    this.#store = store
    this.#limits = limits
  }

  /** Events that were taken and are not stored yet. */
  get waitingEvents(): number {
    return this.#waitingEvents
  }

  /**
   * Resolves when the events are durable, with an outcome for each.
   *
   * @throws DemetraError DEMETRA_SERVER_BUSY, exit 5, where too many wait; what the store throws
   */
  submit(events: readonly NewEvent[]): Promise<IngestOutcome[]> {
    if (this.#waitingEvents + events.length > this.#limits.waitingEvents) {
      throw new DemetraError('The server has as many events in hand as it can keep', {
        code: 'DEMETRA_SERVER_BUSY',
        exitCode: EXIT.temporary,
        hints: ['Send them again later'],
      })
    }
    const { promise, resolve, reject } = Promise.withResolvers<IngestOutcome[]>()
    this.#waiting.push({ events, resolve, reject })
    this.#waitingEvents += events.length
    if (!this.#running) {
      this.#running = true
      // what has come in together is read first
      setImmediate(() => void this.#run())
    }
    return promise
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      this.#waitingEvents = 0
      await this.#commit(group)
    }
    this.#running = false
  }

  async #commit(group: readonly Submission[]): Promise<void> {
    const events = group.flatMap((submission) => submission.events)
    const startedAt = performance.now()
    try {
      const { duplicateIndexes, conflictIndexes } = await this.#store.append(events)
      this.metrics.committed(events.length, performance.now() - startedAt)
      const outcomes: IngestOutcome[] = events.map(() => 'stored')
      for (const index of duplicateIndexes) outcomes[index] = 'duplicate'
      for (const index of conflictIndexes) outcomes[index] = 'conflict'
      let from = 0
      for (const submission of group) {
        submission.resolve(outcomes.slice(from, from + submission.events.length))
        from += submission.events.length
      }
    } catch (error) {
      this.metrics.failed(performance.now() - startedAt)
      for (const submission of group) submission.reject(error)
    }
  }
}
