import type { LogPoint, StoredEvent } from '../event/event.ts'
import type { ReportState, ReportStatus, ReportStore, StaleReason } from '../report-store/report-store.ts'
import { BatchReader } from './batch-reader.ts'
import type { ReadPlan } from './event-types.ts'
import { foldBatch, type FoldFailure, type FoldResult, type LoadRows } from './fold.ts'
import { LEASE_MS, type HeldLease } from './held-lease.ts'
import type { LogEvent } from './log-event.ts'
import { counted, steppedOver } from './next-state.ts'
import { projectionFailure } from './projection-failure.ts'
import type { Projection } from './projection.ts'
import type { PartChanges } from './row-cache.ts'
import { withReason } from './staleness.ts'

export const NO_ROWS: PartChanges = { rows: [], memory: [] }

/** Folds batches into one generation of a report and commits them, under a lease. */
export class ReportWriter {
  /** As committed; what is noted in it goes with the next commit. */
  state: ReportState
  events = 0
  rowsWritten = 0
  readonly report: ReportStatus
  protected readonly projection: Projection
  protected readonly reader: BatchReader
  protected readonly lease: HeldLease
  readonly #store: ReportStore
  /** As the report store has it. */
  #committed: LogPoint | null
  #committedStale: ReportState['stale']

  /** `skip`: UUIDs of events to step over. */
  constructor(
    store: ReportStore,
    report: ReportStatus,
    projection: Projection,
    plan: ReadPlan,
    lease: HeldLease,
    skip: readonly string[],
  ) {
    this.report = report
    this.projection = projection
    this.reader = new BatchReader(plan, skip)
    this.lease = lease
    this.#store = store
    const { checkpoint, shown, waiting, backfill, tail, stale, skipped } = report
    this.state = { checkpoint, shown, waiting, backfill, tail, stale, skipped }
    this.#committed = checkpoint
    this.#committedStale = stale
  }

  /** Whether people would miss something if nothing were committed any more. */
  get hasNews(): boolean {
    return this.state.stale !== this.#committedStale
  }

  /** All rows are kept in memory: a batch commits nothing. */
  get keepsRows(): boolean {
    return false
  }

  note(reason: StaleReason | null): void {
    this.state = { ...this.state, stale: withReason(this.state.stale, reason) }
  }

  /**
   * Commits what the events do, and the checkpoint after them. False: the lease was lost or another writer is
   * ahead, and nothing was written. Throws DEMETRA_PROJECTION_FAILED where the user's code cannot handle an
   * event, once everything before it is committed.
   */
  async write(batch: readonly LogEvent[], { position, id }: LogPoint): Promise<boolean> {
    const { events, places, skipped, failure } = this.reader.readAll(batch)
    const fold = await foldBatch(this.projection, events, (keys, part) => this.load(keys, part))
    const failed =
      fold.failure === null
        ? failure
        : { ...fold.failure, index: places[fold.failure.index] ?? batch.length - 1 }
    if (failed === null) return this.commitFold(fold, { position, id }, skipped)
    const passed = batch.slice(0, failed.index)
    const last = passed.at(-1)?.stored
    if (last !== undefined) {
      const end = { position: last.position, id: last.id }
      const before = skipped.filter((event) => passed.includes(event))
      if (!(await this.commitFold(fold, end, before))) return false
    }
    throw this.failure(failed, (batch[failed.index] as LogEvent).stored)
  }

  /** Commits `state` with another checkpoint. False as in `write`. */
  async commit(checkpoint: LogPoint): Promise<boolean> {
    return this.save(this.state, checkpoint, NO_ROWS)
  }

  protected load(...[keys, part]: Parameters<LoadRows>): ReturnType<LoadRows> {
    return this.#store.load(this.report, keys, part)
  }

  /** What events have done, and which of them were stepped over. False as in `write`. */
  protected async commitFold(
    fold: FoldResult,
    checkpoint: LogPoint,
    skipped: readonly LogEvent[],
  ): Promise<boolean> {
    const state = skipped.reduce(steppedOver, counted(this.state, fold))
    const done = await this.save(state, checkpoint, { rows: fold.changes, memory: fold.memory })
    if (done) this.events += fold.events
    return done
  }

  /** Commits. `fresh`: none of the rows is in the report store. */
  protected async save(
    state: ReportState,
    checkpoint: LogPoint,
    changes: PartChanges,
    fresh = false,
  ): Promise<boolean> {
    if (this.lease.lost) return false
    const { token } = this.lease
    const from = this.#committed
    const commit = { ...state, ...changes, of: this.report, token, from, checkpoint, fresh, ttlMs: LEASE_MS }
    if (!(await this.#store.commit(commit))) return false
    this.state = { ...state, checkpoint }
    this.#committed = checkpoint
    this.#committedStale = state.stale
    this.rowsWritten += changes.rows.length
    return true
  }

  protected failure(failed: FoldFailure, event: StoredEvent): Error {
    return projectionFailure(this.report.name, event, failed)
  }
}
