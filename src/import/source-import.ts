import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import { backfillPosition } from '../event/position.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import type {
  AppendOptions,
  AppendResult,
  BackfillHandle,
  EventCollection,
  EventStore,
} from '../event-store/event-store.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { eventBatches, type Cursor, type EventBatch } from './batches.ts'
import { ImportLock } from './import-lock.ts'
import type { EventCheck } from './event-check.ts'
import type { ImportPlan, PlanOptions } from './plan.ts'
import { toReject, type Reject } from './reject.ts'
import { RejectsFile } from './rejects-file.ts'
import type { ImportResult } from './result.ts'
import { SavedImport, totalsOf } from './saved-import.ts'
import type { Source } from './source.ts'

export interface ImportOptions extends PlanOptions {
  store: EventStore
  /** Checks an event by its type's definition; throws EventError. */
  check: EventCheck
  /** Marks reports stale that have read past the backfill, instead of refusing it. */
  staleReports: boolean
  /** Begins anew where an earlier run was interrupted. */
  restart: boolean
  maxRejects: number | undefined
  /** Absolute path of the rejects file. */
  rejectsPath: string
  signal: AbortSignal
  onProgress: (result: Readonly<ImportResult>) => void
  /** Milliseconds since 1970; the server's now for an event that would lie in the future. */
  now: () => number
}

/** A backfill without an append for so long is taken for dead: readers go on. */
const BACKFILL_MS = 60_000
const CONFLICT_SAMPLES = 10
const REJECT_SAMPLES = 5

type SourceBatch = EventBatch<EventCollection>

/** One run of the import of one source: batches on their way from the source to the store. */
export class SourceImport {
  readonly #source: Source
  readonly #plan: ImportPlan
  readonly #options: ImportOptions
  readonly #store: EventStore
  readonly #result: ImportResult
  /** Of the store's clock before ours: what lies in the future is told by the store's. */
  #aheadMs = 0

  constructor(source: Source, plan: ImportPlan, options: ImportOptions, result: ImportResult) {
    this.#source = source
    this.#plan = plan
    this.#options = options
    this.#store = options.store
    this.#result = result
  }

  async run(): Promise<void> {
    const { fingerprint, position } = this.#plan
    const { name } = this.#source
    this.#aheadMs = (await this.#store.now()) - this.#options.now()
    const lock = await ImportLock.take(this.#store.leases, fingerprint, name)
    try {
      const found = await this.#store.imports.get(fingerprint)
      const saved = new SavedImport(fingerprint, name, found, this.#options.restart)
      this.#result.importId = saved.importId
      if (position === 'full' && !saved.isResumed) await this.#refuseStoreWithEvents()
      await this.#prove(lock)
      // what is not proven to its end is not taken
      if (this.#options.signal.aborted) return
      const rejects = new RejectsFile(this.#options.rejectsPath, saved.rejects)
      const backfill = position === 'received' ? undefined : await this.#beginBackfill(saved)
      try {
        await this.#importBatches(saved, rejects, lock, backfill)
      } finally {
        rejects.close()
        if (!rejects.isEmpty) this.#result.rejectsFile = rejects.path
        if (backfill !== undefined) await this.#store.backfills.end(backfill.number)
        if (saved.isResumed) await this.#readTotals()
      }
    } finally {
      await lock.release()
    }
  }

  /** Takes minutes where the source is large. */
  #prove(lock: ImportLock): Promise<void> {
    return this.#source.prove(async () => {
      await lock.renew()
      this.#options.onProgress(this.#result)
    })
  }

  /** Batches are written while others are read; the first that fails takes along those sent behind it. */
  async #importBatches(
    saved: SavedImport,
    rejects: RejectsFile,
    lock: ImportLock,
    backfill: BackfillHandle | undefined,
  ): Promise<void> {
    const { signal, maxRejects, onProgress } = this.#options
    const batches = eventBatches({
      ...this.#plan,
      collect: () => this.#store.collect(),
      chunks: this.#source.chunks(),
      start: saved.start,
      finish: (event, n) => this.#finish(event, n),
      signal,
    })
    let cursor = saved.start
    const { appendsInFlight, atomicProgress } = this.#store.capabilities
    let follows = atomicProgress ? saved.state : await this.#saveBeginning(saved, rejects)
    let failed = false
    const inFlight: Promise<void>[] = []
    try {
      for await (const batch of batches) {
        while (inFlight.length >= appendsInFlight) await inFlight.shift()
        await lock.renew()
        if (failed) break
        const rejectsBefore = rejects.sizeBytes
        rejects.append(this.#rejectsOf(batch))
        const counts = countsOf(batch, cursor)
        cursor = batch.cursor
        this.#count(counts, 1)
        this.#result.identical = batch.identical
        this.#sampleRejects(batch)
        const progress = saved.progress(cursor, rejects, 'running')
        const order = backfill === undefined ? 'aggregate' : 'call'
        const writing = this.#append(
          batch,
          { progress, follows, order, ...(backfill && { backfill }) },
          () => {
            this.#count(counts, -1)
            rejects.takeBack(rejectsBefore)
          },
        )
        follows = progress.state
        // thrown when its turn comes; until then it must not count as unhandled
        writing.catch(() => {
          failed = true
        })
        inFlight.push(writing)
        onProgress(this.#result)
        if (maxRejects !== undefined && cursor.rejected > maxRejects) {
          await Promise.all(inFlight)
          throw tooManyRejects(cursor.rejected, maxRejects, rejects.path)
        }
      }
      await Promise.all(inFlight)
    } finally {
      await Promise.allSettled(inFlight)
    }
    if (!signal.aborted) await this.#store.imports.save(saved.progress(cursor, rejects, 'finished'))
  }

  /** So that the next run, where this one is cut off before its first progress, knows whose events it finds. */
  async #saveBeginning(saved: SavedImport, rejects: RejectsFile): Promise<string> {
    const progress = saved.progress(saved.start, rejects, 'running')
    await this.#store.imports.save(progress)
    return progress.state
  }

  /** The event's last check, and its place in the log. */
  #finish(event: NewEvent, n: number): void {
    this.#options.check(event)
    if (this.#plan.position !== 'created') return
    if (event.createdAt > this.#options.now() + this.#aheadMs) {
      throw new EventError(
        'in-the-future',
        `meta.created_at: ${formatTime(event.createdAt)} is later than now`,
      )
    }
    event.position ??= backfillPosition(event.createdAt, n)
  }

  #sampleRejects({ rejects }: SourceBatch): void {
    const { rejectSamples } = this.#result
    for (const { record, code, message } of rejects) {
      if (rejectSamples.length === REJECT_SAMPLES) return
      const { number, line, byteOffset } = record
      rejectSamples.push({ code, message, record: number, line, byteOffset })
    }
  }

  #count(counts: BatchCounts, sign: 1 | -1): void {
    for (const key of Object.keys(counts) as (keyof BatchCounts)[]) this.#result[key] += sign * counts[key]
    this.#result.rejectSamples.splice(this.#result.rejected)
  }

  /** `takeBack` is called where the store said no, so that it is as if the batch had not been read. */
  #append(batch: SourceBatch, options: AppendOptions, takeBack: () => void): Promise<void> {
    return this.#store.append(batch.events, options).then(
      (outcome) => this.#settle(outcome, batch),
      (error: unknown) => {
        // of a store that went away nobody knows
        if (error instanceof DemetraError && error.exitCode !== EXIT.unreachable) takeBack()
        throw error
      },
    )
  }

  #settle(outcome: AppendResult, { events, places }: SourceBatch): void {
    const result = this.#result
    result.written += outcome.written
    result.duplicates += outcome.duplicates
    result.conflicts += outcome.conflicts
    result.skipped += outcome.skipped
    result.unsettled -= events.length
    for (const index of outcome.conflictIndexes) {
      if (result.conflictSamples.length === CONFLICT_SAMPLES) break
      result.conflictSamples.push({ id: formatUuid(events.id(index)), ...places.at(index) })
    }
  }

  #rejectsOf({ rejects, cursor }: SourceBatch): Reject[] {
    return rejects.map((rejected) => toReject(rejected, this.#source.name, this.#plan, cursor))
  }

  async #beginBackfill(saved: SavedImport): Promise<BackfillHandle> {
    const { number } = await this.#store.backfills.begin(saved.importId, BACKFILL_MS)
    return { number, staleReports: this.#options.staleReports }
  }

  async #refuseStoreWithEvents(): Promise<void> {
    if ((await this.#store.newestPosition()) === 0n) return
    throw new DemetraError(
      `--full restores positions and times into an empty store, but ${this.#store.url} holds events`,
      {
        code: 'DEMETRA_STORE_NOT_EMPTY',
        exitCode: EXIT.failed,
        hints: ['Name a new store with --store, or import without --full: positions are given anew then'],
      },
    )
  }

  async #readTotals(): Promise<void> {
    const saved = await this.#store.imports.get(this.#plan.fingerprint).catch(() => null)
    if (saved !== null) this.#result.total = totalsOf(saved)
  }
}

type BatchCounts = Pick<ImportResult, 'records' | 'events' | 'unsettled' | 'rejected' | 'ignored' | 'bytes'>

/** What a batch adds to the result when it is sent; its events are unsettled until the store has answered. */
function countsOf({ cursor, events }: SourceBatch, before: Cursor): BatchCounts {
  return {
    records: cursor.records - before.records,
    events: events.length,
    unsettled: events.length,
    rejected: cursor.rejected - before.rejected,
    ignored: cursor.ignored - before.ignored,
    bytes: cursor.byteOffset - before.byteOffset,
  }
}

function tooManyRejects(rejected: number, allowed: number, file: string): DemetraError {
  return new DemetraError(`Stopped after ${rejected} rejects; --max-rejects allows ${allowed}`, {
    code: 'DEMETRA_TOO_MANY_REJECTS',
    exitCode: EXIT.failed,
    hints: [
      `The rejects and their reasons are in ${file}`,
      'The same command with a higher --max-rejects goes on from here',
    ],
    context: { rejected, allowed },
  })
}
