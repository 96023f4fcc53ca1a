import type { LogPoint, StoredEvent } from '../event/event.ts'
import { shareOfWay } from '../event/position.ts'
import type { CatchUp } from './catch-up.ts'
import { LogEvent } from './log-event.ts'
import { isAfter } from './log-points.ts'
import type { RunLog, RunProgress } from './run-types.ts'
import { Slices } from './slices.ts'

/** The batches in hand hold no more characters of payload than this, all together. */
const BATCH_CHARACTERS = 32 * 1024 * 1024
const BATCH_EVENTS = 5000
const READ_EVENTS = 1000

export interface PassOptions {
  eventStore: RunLog
  /** Events in a commit of one report; default 5,000. */
  batchEvents?: number
  /** Ends all reports after the batches in hand. */
  signal?: AbortSignal
  onProgress?: (progress: RunProgress) => void
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number
}

/**
 * Brings reports from their checkpoints to a target with one read of the log: in slices, each told to the event store
 * by every report before it is read. The next events are read once every report is done with the last ones, so that
 * the slowest sets the pace and memory stays bounded. A report that ends, by whatever cause, leaves the others alone.
 */
export class Pass {
  readonly #options: PassOptions
  readonly #reports: readonly CatchUp[]
  #target = 0n
  /** Where the reading began. */
  #from = 0n
  #events = 0

  constructor(options: PassOptions, reports: readonly CatchUp[]) {
    this.#options = options
    this.#reports = reports
  }

  /** Every report has its end then. With a further target, those that were done or below a backfill go on. */
  async run(target: bigint): Promise<void> {
    this.#target = target
    await each(this.#reports, (report) => report.begin(target))
    try {
      await this.#readOn()
    } catch (error) {
      for (const report of this.#behind()) report.fail(error)
    }
    await each(this.#behind(), (report) => report.stop())
    await each(this.#reports, (report) => report.finish())
  }

  /** Until nobody is behind, or the signal is aborted. */
  async #readOn(): Promise<void> {
    const { signal, now = Date.now } = this.#options
    this.#from = await this.#start(this.#behind())
    const slices = new Slices(this.#from, this.#target)
    for (;;) {
      const behind = this.#behind()
      if (behind.length === 0 || signal?.aborted === true) return
      const startedAt = now()
      const to = slices.next(this.#position(behind), this.#target)
      const readers = behind.filter((report) => report.isBehind(to))
      await each(readers, (report) => report.beginSlice(to))
      await this.#readSlice(readers.filter(goesOn))
      slices.took(now() - startedAt)
    }
  }

  async #readSlice(readers: readonly CatchUp[]): Promise<void> {
    const { signal, batchEvents = BATCH_EVENTS } = this.#options
    if (readers.length === 0) return
    const limits = { events: batchEvents, characters: BATCH_CHARACTERS / readers.length }
    const upTo = readers.map((reader) => reader.upTo).reduce(higher)
    const size = Math.min(READ_EVENTS, batchEvents)
    for await (const batch of this.#read(readers, lowestCheckpoint(readers), upTo, size)) {
      const events = batch.map((stored) => new LogEvent(stored, readers.length > 1))
      const written = await each(readers, (reader) => reader.take(events, limits))
      this.#events += batch.length
      if (written.includes(true)) this.#tell(readers)
      if (signal?.aborted === true || !readers.some(goesOn)) return
    }
    await each(readers, (reader) => reader.endSlice())
    this.#tell(readers)
  }

  #read(
    readers: readonly CatchUp[],
    after: LogPoint | null,
    upTo: bigint,
    batchEvents: number,
  ): AsyncIterable<StoredEvent[]> {
    const types = readers.flatMap((reader) => reader.types ?? [])
    const isOfAll = readers.some((reader) => reader.types === null)
    return this.#options.eventStore.read({
      upTo,
      batchEvents,
      isDecoded: true,
      ...(after === null ? undefined : { after }),
      ...(isOfAll ? undefined : { types: [...new Set(types)] }),
    })
  }

  /** The lowest checkpoint, or the first event that a report without one wants; only to choose the slices by. */
  async #start(behind: readonly CatchUp[]): Promise<bigint> {
    const fresh = behind.filter(({ checkpoint }) => checkpoint === null)
    const first = fresh.length === 0 ? this.#target : await this.#firstPosition(fresh)
    return behind.map(({ checkpoint }) => checkpoint?.position ?? first).reduce(lower, this.#target)
  }

  async #firstPosition(fresh: readonly CatchUp[]): Promise<bigint> {
    for await (const [first] of this.#read(fresh, null, this.#target, 1)) {
      if (first !== undefined) return first.position
    }
    return this.#target
  }

  #behind(): CatchUp[] {
    return this.#reports.filter((report) => goesOn(report) && report.isBehind(this.#target))
  }

  #position(reports: readonly CatchUp[]): bigint {
    return reports.map(({ checkpoint }) => checkpoint?.position ?? this.#from).reduce(lower, this.#target)
  }

  #tell(readers: readonly CatchUp[]): void {
    const [from, position, target] = [this.#from, this.#position(readers), this.#target]
    this.#options.onProgress?.({
      events: this.#events,
      rowsWritten: this.#reports.reduce((sum, report) => sum + report.rowsWritten, 0),
      position,
      target,
      share: shareOfWay(from, target, position),
    })
  }
}

/** All at once: what one waits for, the others use. */
function each<Result>(
  reports: readonly CatchUp[],
  step: (report: CatchUp) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(reports.map(step))
}

const goesOn = ({ end }: CatchUp): boolean => end === null
const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** Null: one has none. */
function lowestCheckpoint(reports: readonly CatchUp[]): LogPoint | null {
  const checkpoints = reports.map(({ checkpoint }) => checkpoint)
  const [lowest = null] = checkpoints.toSorted((a, b) =>
    a === null || (b !== null && isAfter(b, a)) ? -1 : 1,
  )
  return lowest
}
