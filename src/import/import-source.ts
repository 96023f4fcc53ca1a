import { randomUUID } from 'node:crypto'
import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import { backfillPosition } from '../event/position.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import type { BackfillHandle, EventStore } from '../event-store/event-store.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { leaseOwner, isGone } from '../process-owner.ts'
import { eventBatches, START, type Cursor, type EventBatch } from './batches.ts'
import type { EventCheck } from './event-check.ts'
import { planImport, type ImportPlan, type PlanOptions } from './plan.ts'
import { rawText, type Reject } from './reject.ts'
import { RejectsFile } from './rejects-file.ts'
import { rejectAgain } from './repaired.ts'
import { emptyResult, type ImportResult } from './result.ts'
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

export interface ImportOutcome {
  result: ImportResult
  /** Why the import did not come to its end; undefined where it did, or where it was interrupted. */
  failure?: unknown
  interrupted: boolean
}

const LEASE_MS = 60_000
const CONFLICT_SAMPLES = 10

/** Imports one source. What came before a failure is stored, counted and resumed from by the next run. */
export async function importSource(source: Source, options: ImportOptions): Promise<ImportOutcome> {
  const startedAt = performance.now()
  const result = emptyResult(source.name)
  let failure: unknown
  try {
    const plan = await planImport(source, options)
    result.format = plan.format
    await new SourceImport(source, plan, options, result).run()
  } catch (error) {
    failure = error
  }
  result.seconds = Math.round(performance.now() - startedAt) / 1000
  result.eventsPerSecond = result.seconds === 0 ? 0 : Math.round(result.events / result.seconds)
  await source.close()
  const interrupted = failure === undefined && options.signal.aborted
  return failure === undefined ? { result, interrupted } : { result, failure, interrupted }
}

/** One run: what it holds while batches go from the source to the store. */
class SourceImport {
  readonly #source: Source
  readonly #plan: ImportPlan
  readonly #options: ImportOptions
  readonly #result: ImportResult
  #importId: string = randomUUID()
  #start: Cursor = START
  #rejects: RejectsFile | undefined
  #backfill: BackfillHandle | undefined
  #token = 0n
  #renewedAt = 0
  /** The batch that is being written while the next one is read; its failure is seen before that is sent. */
  #writing: Promise<void> = Promise.resolve()

  constructor(source: Source, plan: ImportPlan, options: ImportOptions, result: ImportResult) {
    this.#source = source
    this.#plan = plan
    this.#options = options
    this.#result = result
  }

  async run(): Promise<void> {
    await this.#lock()
    try {
      await this.#resume()
      await this.#beginBackfill()
      try {
        await this.#importBatches()
      } finally {
        await this.#writing.catch(() => {})
        this.#rejects?.close()
        if (this.#backfill !== undefined) await this.#options.store.backfills.end(this.#backfill.number)
        await this.#readTotals()
      }
    } finally {
      await this.#options.store.leases.release(this.#leaseName, this.#token).catch(() => {})
    }
  }

  get #leaseName(): string {
    return `import:${this.#plan.fingerprint}`
  }

  async #lock(): Promise<void> {
    const lease = await this.#options.store.leases.acquire(this.#leaseName, leaseOwner(), LEASE_MS, isGone)
    if (!lease.granted) {
      throw new DemetraError(`${this.#source.name} is being imported by another run (${lease.owner})`, {
        code: 'DEMETRA_LOCKED',
        exitCode: EXIT.locked,
        hints: [`It gives up its lock when it ends, at the latest ${formatTime(lease.expiresAt)}`],
      })
    }
    this.#token = lease.token
    this.#renewedAt = performance.now()
  }

  async #renew(): Promise<void> {
    if (performance.now() - this.#renewedAt < LEASE_MS / 4) return
    this.#renewedAt = performance.now()
    if (await this.#options.store.leases.renew(this.#leaseName, this.#token, LEASE_MS)) return
    throw new DemetraError('Another run took over this import while this one stood still', {
      code: 'DEMETRA_LOCKED',
      exitCode: EXIT.locked,
    })
  }

  /** Goes on where an interrupted import of the same source stands. */
  async #resume(): Promise<void> {
    const { store, restart, rejectsPath } = this.#options
    const saved = await store.imports.get(this.#plan.fingerprint)
    let rejectsBytes = 0
    if (saved?.status === 'running' && !restart) {
      const state = JSON.parse(saved.state) as SavedState
      this.#importId = saved.importId
      this.#start = state.cursor
      rejectsBytes = state.rejectsBytes
    } else if (this.#plan.position === 'full' && (await store.newestPosition()) > 0n) {
      throw notEmpty(store.url)
    }
    this.#result.importId = this.#importId
    this.#rejects = new RejectsFile(rejectsPath, rejectsBytes)
    if (!this.#rejects.isEmpty) this.#result.rejectsFile = rejectsPath
  }

  async #beginBackfill(): Promise<void> {
    if (this.#plan.position === 'received') return
    const { number } = await this.#options.store.backfills.begin(this.#importId, LEASE_MS)
    this.#backfill = { number, staleReports: this.#options.staleReports }
  }

  async #importBatches(): Promise<void> {
    const { signal, maxRejects } = this.#options
    let cursor = this.#start
    const batches = eventBatches({
      chunks: this.#source.chunks(),
      createSplitter: this.#plan.createSplitter,
      createMapper: this.#plan.createMapper,
      derivesIds: this.#plan.derivesIds,
      start: this.#start,
      finish: (event, n) => this.#finish(event, n),
      signal,
    })
    for await (const batch of batches) {
      this.#count(batch, cursor)
      cursor = batch.cursor
      this.#writeRejects(batch)
      await this.#writing
      await this.#renew()
      this.#writing = this.#append(batch)
      this.#writing.catch(() => {})
      this.#options.onProgress(this.#result)
      if (maxRejects !== undefined && cursor.rejected > maxRejects) {
        await this.#writing
        throw tooManyRejects(cursor.rejected, maxRejects, this.#result.rejectsFile)
      }
    }
    await this.#writing
    if (!signal.aborted) await this.#options.store.imports.save(this.#progress(cursor, 'finished'))
  }

  /** The event's last check, and its place in the log. */
  #finish(event: NewEvent, n: number): void {
    this.#options.check(event)
    if (this.#plan.position !== 'created') return
    if (event.createdAt > this.#options.now()) {
      throw new EventError(
        'in-the-future',
        `meta.created_at: ${formatTime(event.createdAt)} is later than now`,
      )
    }
    event.position ??= backfillPosition(event.createdAt, n)
  }

  #count(batch: EventBatch, before: Cursor): void {
    const { cursor, events } = batch
    const result = this.#result
    result.records += cursor.records - before.records
    result.events += events.length
    result.unsettled += events.length
    result.rejected += cursor.rejected - before.rejected
    result.ignored += cursor.ignored - before.ignored
    result.bytes += cursor.byteOffset - before.byteOffset
    result.identical = batch.identical
  }

  #writeRejects(batch: EventBatch): void {
    if (batch.rejects.length === 0) return
    const { name } = this.#source
    const { fingerprint, mapping, repairs } = this.#plan
    const lines = batch.rejects.map(({ record, code, message }): Reject => {
      const again = repairs ? rejectAgain(record, code, message) : null
      if (again !== null) return again
      const { number, line, byteOffset, bytes } = record
      const raw = bytes === null ? null : rawText(bytes)
      const columns = batch.cursor.columns ?? null
      return {
        source: name,
        fingerprint,
        record: number,
        line,
        byteOffset,
        code,
        message,
        raw,
        columns,
        mapping,
      }
    })
    this.#rejects?.append(lines)
    this.#result.rejectsFile = this.#options.rejectsPath
  }

  async #append(batch: EventBatch): Promise<void> {
    const { store } = this.#options
    const progress = this.#progress(batch.cursor, 'running')
    const backfill = this.#backfill
    const outcome = await store.append(batch.events, {
      progress,
      ...(backfill === undefined ? {} : { backfill }),
    })
    const result = this.#result
    result.written += outcome.written
    result.duplicates += outcome.duplicates
    result.conflicts += outcome.conflicts
    result.unsettled -= batch.events.length
    for (const index of outcome.conflictIndexes) {
      const { id } = batch.events[index] as NewEvent
      const { number, line, byteOffset } = batch.origins[index] as EventBatch['origins'][number]
      if (result.conflictSamples.length === CONFLICT_SAMPLES) break
      result.conflictSamples.push({ id: formatUuid(id), record: number, line, byteOffset })
    }
  }

  #progress(cursor: Cursor, status: 'running' | 'finished') {
    const state: SavedState = { cursor, rejectsBytes: this.#rejects?.sizeBytes ?? 0 }
    return {
      fingerprint: this.#plan.fingerprint,
      source: this.#source.name,
      importId: this.#importId,
      status,
      state: JSON.stringify(state),
    }
  }

  /** Of all runs of this import; only said where there was more than one. */
  async #readTotals(): Promise<void> {
    if (this.#start.records === 0) return
    const saved = await this.#options.store.imports.get(this.#plan.fingerprint).catch(() => null)
    if (saved === null) return
    const { cursor } = JSON.parse(saved.state) as SavedState
    const { records, events, rejected, ignored } = cursor
    const { written, duplicates, conflicts } = saved
    this.#result.total = { records, events, written, duplicates, conflicts, rejected, ignored }
  }
}

/** What `state` of an import's progress holds. */
export interface SavedState {
  cursor: Cursor
  rejectsBytes: number
}

function notEmpty(url: string): DemetraError {
  return new DemetraError(
    `--full restores positions and times into an empty store, but ${url} holds events`,
    {
      code: 'DEMETRA_STORE_NOT_EMPTY',
      exitCode: EXIT.failed,
      hints: ['Name a new store with --store, or import without --full: positions are given anew then'],
    },
  )
}

function tooManyRejects(rejected: number, allowed: number, file: string | null): DemetraError {
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
