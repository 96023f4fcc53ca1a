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
import type { AnyEvent, Projection } from './projection.ts'
import { projectionFailure } from './projection-failure.ts'
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
  readonly #skip: string | null
  #committedStale: ReportState['stale']

  constructor(
    store: ReportStore,
    report: ReportStatus,
    projection: Projection,
    plan: ReadPlan,
    lease: HeldLease,
    skip: string | undefined,
  ) {
    this.report = report
    this.#store = store
    this.#projection = projection
    this.#reader = new EventReader(plan.definitions)
    this.#lease = lease
    this.#skip = skip?.toLowerCase() ?? null
    const { checkpoint, shown, waiting, backfill, tail, stale, skipped } = report
    this.state = { checkpoint, shown, waiting, backfill, tail, stale, skipped }
    this.#committedStale = stale
  }

  /** Whether people would miss something if nothing were committed any more. */
  get hasNews(): boolean {
    return this.state.stale !== this.#committedStale
  }

  note(reason: StaleReason | null): void {
    this.state = { ...this.state, stale: withReason(this.state.stale, reason) }
  }

  /**
   * Commits what the events do, and the checkpoint after them. False: the lease was lost or another writer is
   * ahead, and nothing was written. Throws DEMETRA_PROJECTION_FAILED where the user's code cannot handle an
   * event, once everything before it is committed.
   */
  async write(batch: readonly StoredEvent[], checkpoint: LogPoint): Promise<boolean> {
    const { events, skippedAt, failure } = this.#decode(batch)
    const fold = await foldBatch(this.#projection, events, (keys) => this.#store.load(this.report, keys))
    const failed = fold.failure ?? failure
    if (failed === null) return this.#commitFold(fold, checkpoint, batch, skippedAt)
    // the event stepped over stands between them, or not
    const index = failed.index + (skippedAt >= 0 && skippedAt <= failed.index ? 1 : 0)
    const last = batch[index - 1]
    if (last !== undefined) {
      const before = skippedAt < index ? skippedAt : -1
      if (!(await this.#commitFold(fold, last, batch, before))) return false
    }
    throw projectionFailure(this.report.name, batch[index] as StoredEvent, failed)
  }

  /** Commits rows and `state` with another checkpoint. False as in `write`. */
  async commit(checkpoint: LogPoint, rows: readonly RowChange[] = []): Promise<boolean> {
    if (this.#lease.lost) return false
    const { state, report } = this
    const { token } = this.#lease
    const from = state.checkpoint
    const commit = { ...state, of: report, token, from, checkpoint, rows, ttlMs: LEASE_MS }
    if (!(await this.#store.commit(commit))) return false
    this.state = { ...state, checkpoint }
    this.#committedStale = state.stale
    this.rowsWritten += rows.length
    return true
  }

  async #commitFold(
    fold: FoldResult,
    { position, id }: LogPoint,
    batch: readonly StoredEvent[],
    skippedAt: number,
  ): Promise<boolean> {
    const waiting = new Map(Object.entries(this.state.waiting))
    for (const [name, by] of fold.waiting) waiting.set(name, (waiting.get(name) ?? 0) + by)
    const counts = Object.fromEntries([...waiting].filter(([, rows]) => rows !== 0))
    this.state = { ...this.state, shown: this.state.shown + fold.shown, waiting: counts }
    const stepped = batch[skippedAt]
    if (stepped !== undefined) this.#noteSkip(stepped)
    const done = await this.commit({ position, id }, fold.changes)
    if (done) this.events += fold.events
    return done
  }

  #decode(batch: readonly StoredEvent[]): {
    events: AnyEvent[]
    skippedAt: number
    failure: FoldFailure | null
  } {
    const events: AnyEvent[] = []
    let skippedAt = -1
    for (const [index, stored] of batch.entries()) {
      if (this.#skip !== null && formatUuid(stored.id) === this.#skip) {
        skippedAt = index
        continue
      }
      try {
        events.push(this.#reader.read(stored))
      } catch (cause) {
        const message = `it cannot be brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`
        return { events, skippedAt, failure: { index: events.length, message, cause } }
      }
    }
    return { events, skippedAt, failure: null }
  }

  #noteSkip({ id, type, position }: StoredEvent): void {
    const skipped = { id: formatUuid(id), type, position }
    const message = `the event ${skipped.id} (${type}) was stepped over`
    this.state = { ...this.state, skipped: [...this.state.skipped, skipped] }
    this.note({ cause: 'skipped-event', message })
  }
}
