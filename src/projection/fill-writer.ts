import type { LogPoint, StoredEvent } from '../event/event.ts'
import { FillFold } from './fill-fold.ts'
import { MAX_ROWS } from './fill-memory.ts'
import type { FoldFailure, FoldResult, LoadRows } from './fold.ts'
import type { LogEvent } from './log-event.ts'
import { counted, steppedOver } from './next-state.ts'
import { replayFailure } from './projection-failure.ts'
import { NO_ROWS, ReportWriter } from './report-writer.ts'
import { type PartChanges, RowCache } from './row-cache.ts'

/** Rows in a commit that changes what the store has: a transaction must not be long. */
const COMMIT_ROWS = 20_000

/**
 * Fills a generation from zero: rows and checkpoint stay in memory until the rows are too many or all is read, since
 * nobody reads the generation, and nobody goes on from its middle.
 */
export class FillWriter extends ReportWriter {
  /** As long as no row has left memory. */
  #fill: FillFold | null
  /** Afterwards. */
  readonly #cache: RowCache

  constructor(writer: ConstructorParameters<typeof ReportWriter>, maxRows = MAX_ROWS) {
    super(...writer)
    this.#fill = new FillFold(this.projection, maxRows)
    this.#cache = new RowCache((keys, part) => super.load(keys, part), maxRows)
  }

  override get keepsRows(): boolean {
    return this.#fill !== null
  }

  override async write(batch: readonly LogEvent[], checkpoint: LogPoint): Promise<boolean> {
    const fill = this.#fill
    return fill === null ? super.write(batch, checkpoint) : this.#fillUp(fill, batch, checkpoint)
  }

  /** With the next rows that leave memory. */
  override async commit(checkpoint: LogPoint): Promise<boolean> {
    this.state = { ...this.state, checkpoint }
    return !this.lease.lost
  }

  /** Commits what is still in memory. False as in `write`. */
  async finish(): Promise<boolean> {
    return this.#spill()
  }

  protected override load(...[keys, part]: Parameters<LoadRows>): ReturnType<LoadRows> {
    return this.#cache.load(keys, part)
  }

  protected override async commitFold(
    fold: FoldResult,
    checkpoint: LogPoint,
    skipped: readonly LogEvent[],
  ): Promise<boolean> {
    this.#cache.put(fold.changes, 'rows')
    this.#cache.put(fold.memory, 'memory')
    this.events += fold.events
    this.state = { ...skipped.reduce(steppedOver, counted(this.state, fold)), checkpoint }
    return this.#cache.isFull ? this.#spill() : !this.lease.lost
  }

  protected override failure(failed: FoldFailure, event: StoredEvent): Error {
    return replayFailure(this.report.name, failed, event)
  }

  /** One event after the other: each is garbage at once, which takes half the time of a batch that is decoded first. */
  async #fillUp(fill: FillFold, batch: readonly LogEvent[], checkpoint: LogPoint): Promise<boolean> {
    for (const [index, event] of batch.entries()) {
      if (this.reader.isSkipped(event)) {
        this.state = steppedOver(this.state, event)
        continue
      }
      const read = this.reader.read(event)
      const problem = 'message' in read ? read : fill.fold(read, index)
      if (problem !== null) throw this.failure({ ...problem, index }, event.stored)
      this.events += 1
    }
    this.state = { ...this.state, checkpoint }
    return fill.isFull ? this.#spill() : !this.lease.lost
  }

  /**
   * Rows leave memory, in as many commits as it takes: should it be cut off in between, the generation is of no use,
   * and a replay begins anew with another one.
   */
  async #spill(): Promise<boolean> {
    const { fresh, stored } = this.#takeKept()
    const { checkpoint } = this.state
    if (checkpoint === null) return true
    if (!(await this.save(this.state, checkpoint, fresh, true))) return false
    for (const part of ['rows', 'memory'] as const) {
      for (let start = 0; start < stored[part].length; start += COMMIT_ROWS) {
        const some = { ...NO_ROWS, [part]: stored[part].slice(start, start + COMMIT_ROWS) }
        if (!(await this.save(this.state, checkpoint, some))) return false
      }
    }
    return true
  }

  #takeKept(): { fresh: PartChanges; stored: PartChanges } {
    if (this.#fill === null) return this.#cache.take()
    const kept = this.#fill.take()
    if ('index' in kept) throw replayFailure(this.report.name, kept, null)
    this.#fill = null
    this.state = counted(this.state, kept)
    return { fresh: { rows: kept.changes, memory: kept.memory }, stored: NO_ROWS }
  }
}
