import { EventReader } from '../event/domain-event.ts'
import type { LogPoint, StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { ReportState, ReportStatus, ReportStore, StaleReason } from '../report-store/report-store.ts'
import type { ReadPlan } from './event-types.ts'
import { foldBatch, type FoldFailure, type FoldResult, type LoadRows, type Problem } from './fold.ts'
import { LEASE_MS, type HeldLease } from './held-lease.ts'
import type { LogEvent } from './log-event.ts'
import type { AnyEvent, Projection } from './projection.ts'
import type { FillFold } from './fill-fold.ts'
import { fillFailure, projectionFailure } from './projection-failure.ts'
import { type PartChanges, RowCache } from './row-cache.ts'
import { withReason } from './staleness.ts'

/** Rows in a commit that changes what the store has: a transaction must not be long. */
const COMMIT_ROWS = 20_000
const NO_ROWS: PartChanges = { rows: [], memory: [] }

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
  /** While it is still filled, and rows have left memory. */
  #cache: RowCache | null = null
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
    if (this.#fill !== null) return this.#fillUp(this.#fill, batch, checkpoint)
    const { events, places, skipped, failure } = this.#decode(batch)
    const fold = await foldBatch(this.#projection, events, this.#cache?.load ?? this.#load)
    const failed =
      fold.failure === null
        ? failure
        : { ...fold.failure, index: places[fold.failure.index] ?? batch.length - 1 }
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
    if (!this.#isFilling) return true
    const done = await this.#spill()
    this.#cache = null
    return done
  }

  /** Commits `state` with another checkpoint. False as in `write`. */
  async commit(checkpoint: LogPoint): Promise<boolean> {
    if (!this.#isFilling) return this.#commit(checkpoint, NO_ROWS)
    if (this.#lease.lost) return false
    this.state = { ...this.state, checkpoint }
    return true
  }

  get #isFilling(): boolean {
    return this.#fill !== null || this.#cache !== null
  }

  readonly #load: LoadRows = (keys, part) => this.#store.load(this.report, keys, part)

  /** One event after the other: each is garbage at once, which takes half the time of a batch that is decoded first. */
  async #fillUp(fill: FillFold, batch: readonly LogEvent[], checkpoint: LogPoint): Promise<boolean> {
    for (const [index, event] of batch.entries()) {
      if (this.#isSkipped(event)) {
        this.#noteSkip(event.stored)
        continue
      }
      const read = this.#read(event)
      const problem = 'message' in read ? read : fill.fold(read, index)
      if (problem !== null) throw this.#failure(batch, { ...problem, index })
      this.events += 1
    }
    this.state = { ...this.state, checkpoint }
    return fill.isFull ? this.#spill() : !this.#lease.lost
  }

  /**
   * Rows leave memory, in as many commits as it takes: should it be cut off in between, the generation is of no use,
   * and a replay begins anew with another one.
   */
  async #spill(): Promise<boolean> {
    const { fresh, stored } = this.#takeKept()
    const { checkpoint } = this.state
    if (checkpoint === null) return true
    if (!(await this.#commit(checkpoint, fresh, true))) return false
    for (const part of ['rows', 'memory'] as const) {
      for (let start = 0; start < stored[part].length; start += COMMIT_ROWS) {
        const some = { ...NO_ROWS, [part]: stored[part].slice(start, start + COMMIT_ROWS) }
        if (!(await this.#commit(checkpoint, some))) return false
      }
    }
    return true
  }

  #takeKept(): { fresh: PartChanges; stored: PartChanges } {
    const fill = this.#fill
    if (fill === null) return this.#cache?.take() ?? { fresh: NO_ROWS, stored: NO_ROWS }
    const kept = fill.take()
    if ('index' in kept) throw fillFailure(this.report.name, kept)
    this.#fill = null
    this.#cache = new RowCache(this.#load, fill.maxRows)
    this.#count(kept)
    return { fresh: { rows: kept.changes, memory: kept.memory }, stored: NO_ROWS }
  }

  async #commit(checkpoint: LogPoint, changes: PartChanges, fresh = false): Promise<boolean> {
    if (this.#lease.lost) return false
    const { state, report } = this
    const { token } = this.#lease
    const from = this.#committed
    const commit = { ...state, ...changes, of: report, token, from, checkpoint, fresh, ttlMs: LEASE_MS }
    if (!(await this.#store.commit(commit))) return false
    this.state = { ...state, checkpoint }
    this.#committed = checkpoint
    this.#committedStale = state.stale
    this.rowsWritten += changes.rows.length
    return true
  }

  async #commitFold(
    fold: FoldResult,
    { position, id }: LogPoint,
    skipped: readonly StoredEvent[],
  ): Promise<boolean> {
    this.#count(fold)
    for (const event of skipped) this.#noteSkip(event)
    const cache = this.#cache
    if (cache === null) {
      const done = await this.#commit({ position, id }, { rows: fold.changes, memory: fold.memory })
      if (done) this.events += fold.events
      return done
    }
    cache.put(fold.changes, 'rows')
    cache.put(fold.memory, 'memory')
    this.events += fold.events
    this.state = { ...this.state, checkpoint: { position, id } }
    return cache.isFull ? this.#spill() : !this.#lease.lost
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
      if (this.#isSkipped(event)) {
        skipped.push(event.stored)
        continue
      }
      const read = this.#read(event)
      if ('message' in read) return { events, places, skipped, failure: { index, ...read } }
      events.push(read)
      places.push(index)
    }
    return { events, places, skipped, failure: null }
  }

  #read(event: LogEvent): AnyEvent | Problem {
    try {
      return this.#reader.read(event.stored, event.payload(), event.id)
    } catch (cause) {
      const message = `it cannot be brought up to date: ${cause instanceof Error ? cause.message : String(cause)}`
      return { message, cause }
    }
  }

  #isSkipped({ stored }: LogEvent): boolean {
    return this.#skip.size > 0 && this.#skip.has(formatUuid(stored.id))
  }

  #noteSkip({ id, type, position }: StoredEvent): void {
    const skipped = { id: formatUuid(id), type, position }
    const message = `the event ${skipped.id} (${type}) was stepped over`
    this.state = { ...this.state, skipped: [...this.state.skipped, skipped] }
    this.note({ cause: 'skipped-event', message })
  }
}
