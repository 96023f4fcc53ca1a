import { EventReader } from '../event/domain-event.ts'
import type { LogPoint, StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import type {
  ReportState,
  ReportStatus,
  ReportStore,
  RowChange,
  StaleReason,
} from '../report-store/report-store.ts'
import type { ReadPlan } from './event-types.ts'
import { foldBatch, type FoldFailure, type FoldResult } from './fold.ts'
import { LEASE_MS, type HeldLease } from './held-lease.ts'
import type { LogEvent } from './log-event.ts'
import type { AnyEvent, Projection } from './projection.ts'
import type { FillFold } from './fill-fold.ts'
import { fillFailure, projectionFailure } from './projection-failure.ts'
import { withReason } from './staleness.ts'

/** Folds batches into one generation of a report and commits them, under a lease. */
export class ReportWriter {
  /** As committed; what is changed in it goes with the next commit. */
  state: ReportState
  events = 0
  rowsWritten = 0
  readonly report: ReportStatus
  readonly #store: ReportStore
  readonly #projection: Projection
  readonly #reader: EventReader
  readonly #lease: HeldLease
  readonly #skip: ReadonlySet<string>
  /** While a generation is filled from zero: rows and checkpoint are not committed yet. */
  #fill: FillFold | null
  /** As the report store has it. */
  #committed: LogPoint | null
  #committedStale: ReportState['stale']

  constructor(
    store: ReportStore,
    report: ReportStatus,
    projection: Projection,
    plan: ReadPlan,
    lease: HeldLease,
    skip: readonly string[],
    fill: FillFold | null = null,
  ) {
    this.report = report
    this.#store = store
    this.#projection = projection
    this.#reader = new EventReader(plan.definitions)
    this.#lease = lease
    this.#skip = new Set(skip.map((id) => id.toLowerCase()))
    const { checkpoint, shown, waiting, backfill, tail, stale, skipped } = report
    this.state = { checkpoint, shown, waiting, backfill, tail, stale, skipped }
    this.#committedStale = stale
    this.#committed = checkpoint
    this.#fill = fill
  }

  /** Whether people would miss something if nothing were committed any more. */
  get hasNews(): boolean {
    return this.state.stale !== this.#committedStale
  }

  /** All rows are kept in memory: a batch commits nothing. */
  get keepsRows(): boolean {
    return this.#fill !== null
  }

  note(reason: StaleReason | null): void {
    this.state = { ...this.state, stale: withReason(this.state.stale, reason) }
  }

  /**
   * Commits what the events do, and the checkpoint after them. False: the lease was lost or another writer is
   * ahead, and nothing was written. Throws DEMETRA_PROJECTION_FAILED where the user's code cannot handle an
   * event, once everything before it is committed.
   */
  async write(batch: readonly LogEvent[], checkpoint: LogPoint): Promise<boolean> {
    const { events, places, skipped, failure } = this.#decode(batch)
    const inPlace = (failed: FoldFailure): FoldFailure => ({
      ...failed,
      index: places[failed.index] ?? batch.length - 1,
    })
    if (this.#fill !== null) {
      const stopped = this.#fill.fold(events)
      const failed = stopped === null ? failure : inPlace(stopped)
      if (failed !== null) throw this.#failure(batch, failed)
      for (const event of skipped) this.#noteSkip(event)
      this.events += events.length
      this.state = { ...this.state, checkpoint }
      return this.#fill.isFull ? this.finish() : !this.#lease.lost
    }
    const fold = await foldBatch(this.#projection, events, (keys, part) =>
      this.#store.load(this.report, keys, part),
    )
    const failed = fold.failure === null ? failure : inPlace(fold.failure)
    if (failed === null) return this.#commitFold(fold, checkpoint, skipped)
    const last = batch[failed.index - 1]?.stored
    if (last !== undefined) {
      const passed = batch.slice(0, failed.index).map(({ stored }) => stored)
      const before = skipped.filter((event) => passed.includes(event))
      if (!(await this.#commitFold(fold, last, before))) return false
    }
    throw this.#failure(batch, failed)
  }

  /** Commits what a fill from zero has kept; what comes after it is committed batch by batch. False as in `write`. */
  async finish(): Promise<boolean> {
    const fill = this.#fill
    if (fill === null) return true
    const rows = fill.take()
    if ('index' in rows) throw fillFailure(this.report.name, rows)
    this.#fill = null
    this.#count(rows)
    const { checkpoint } = this.state
    return checkpoint === null || this.commit(checkpoint, rows.changes, rows.memory, true)
  }

  /** Commits rows and `state` with another checkpoint. False as in `write`. */
  async commit(
    checkpoint: LogPoint,
    rows: readonly RowChange[] = [],
    memory: readonly RowChange[] = [],
    fresh = false,
  ): Promise<boolean> {
    if (this.#lease.lost) return false
    const { state, report } = this
    if (this.#fill !== null) {
      this.state = { ...state, checkpoint }
      return true
    }
    const { token } = this.#lease
    const from = this.#committed
    const commit = { ...state, of: report, token, from, checkpoint, rows, memory, fresh, ttlMs: LEASE_MS }
    if (!(await this.#store.commit(commit))) return false
    this.state = { ...state, checkpoint }
    this.#committed = checkpoint
    this.#committedStale = state.stale
    this.rowsWritten += rows.length
    return true
  }

  async #commitFold(
    fold: FoldResult,
    { position, id }: LogPoint,
    skipped: readonly StoredEvent[],
  ): Promise<boolean> {
    this.#count(fold)
    for (const event of skipped) this.#noteSkip(event)
    const done = await this.commit({ position, id }, fold.changes, fold.memory)
    if (done) this.events += fold.events
    return done
  }

  #count(fold: Pick<FoldResult, 'shown' | 'waiting'>): void {
    const waiting = new Map(Object.entries(this.state.waiting))
    for (const [name, by] of fold.waiting) waiting.set(name, (waiting.get(name) ?? 0) + by)
    const counts = Object.fromEntries([...waiting].filter(([, rows]) => rows !== 0))
    this.state = { ...this.state, shown: this.state.shown + fold.shown, waiting: counts }
  }

  #failure(batch: readonly LogEvent[], failed: FoldFailure): Error {
    return projectionFailure(this.report.name, (batch[failed.index] as LogEvent).stored, failed)
  }

  /** `places`: where each event stands in the batch. */
  #decode(batch: readonly LogEvent[]): {
    events: AnyEvent[]
    places: number[]
    skipped: StoredEvent[]
    failure: FoldFailure | null
  } {
    const events: AnyEvent[] = []
    const places: number[] = []
    const skipped: StoredEvent[] = []
    for (const [index, event] of batch.entries()) {
      const { stored } = event
      if (this.#skip.size > 0 && this.#skip.has(formatUuid(stored.id))) {
        skipped.push(stored)
        continue
      }
      try {
        events.push(this.#reader.read(stored, event.payload(), event.id))
        places.push(index)
      } catch (cause) {
        const message = `it cannot be brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`
        return { events, places, skipped, failure: { index, message, cause } }
      }
    }
    return { events, places, skipped, failure: null }
  }

  #noteSkip({ id, type, position }: StoredEvent): void {
    const skipped = { id: formatUuid(id), type, position }
    const message = `the event ${skipped.id} (${type}) was stepped over`
    this.state = { ...this.state, skipped: [...this.state.skipped, skipped] }
    this.note({ cause: 'skipped-event', message })
  }
}
