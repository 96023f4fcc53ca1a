import { parseUuid } from '../event/uuid.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { isGone, leaseOwner } from '../process-owner.ts'
import { otherEventStore } from '../report-store/report-name.ts'
import type { ReportStatus } from '../report-store/report-store.ts'
import { CatchUp } from './catch-up.ts'
import { readPlan, type ReadPlan } from './event-types.ts'
import { HeldLease, LEASE_MS } from './held-lease.ts'
import { isBehind } from './log-points.ts'
import { OwnOutcome } from './own-outcome.ts'
import { checkSameProjection, newReport } from './report-shape.ts'
import { ReportWriter } from './report-writer.ts'
import { runResult } from './run-result.ts'
import type { ProjectionToRun, RunResult, SharedRunOptions } from './run-types.ts'
import { backfillNews, lateEventNews, withReason } from './staleness.ts'

/** A report under a lease, on its way to the target. */
interface Underway {
  lease: HeldLease
  report: ReportStatus
  writer: ReportWriter
  catchUp: CatchUp
}

/** One projection in a run of one or several. */
export class ProjectionRun extends OwnOutcome<RunResult> {
  /** Another run holds the report, and is waited for. */
  isWaiting = false
  readonly #projection: ProjectionToRun
  readonly #options: SharedRunOptions
  #startedAt = 0
  /** As it was found; null: there is none yet. */
  #before: ReportStatus | null = null
  #underway: Underway | null = null

  constructor(projection: ProjectionToRun, options: SharedRunOptions) {
    super()
    this.#projection = projection
    this.#options = options
  }

  /** While its report is on its way. */
  get catchUp(): CatchUp | null {
    return this.#underway?.catchUp ?? null
  }

  /** In positions. */
  distanceTo(target: bigint): bigint {
    return target - (this.#before?.checkpoint?.position ?? 0n)
  }

  /** First: is there a report, is it ours, and is it of this projection? */
  async look(eventStoreId: string): Promise<void> {
    await this.step(async () => {
      this.#startedAt = this.#now()
      this.isWaiting = false
      checkSkip(this.#projection.skip)
      this.#plan()
      this.#before = await this.#options.reportStore.status(this.#projection.name)
      if (this.#before !== null) this.#checkIsOurs(this.#before, eventStoreId)
      return null
    })
  }

  /** With nothing to read and nothing to say this is all: nothing is written, no lease, no registered reader. */
  async leaveUpToDate(target: bigint): Promise<void> {
    await this.step(async () => {
      const before = this.#before
      if (before === null || isBehind(before.checkpoint, target)) return null
      const { eventStore } = this.#options
      const late = await lateEventNews(eventStore, before.tail)
      const filled = await backfillNews(eventStore, before.checkpoint, before.backfill)
      const isKnown = withReason(withReason(before.stale, late), filled.stale) === before.stale
      return isKnown ? this.#result(before) : null
    })
  }

  /** Takes the lease. Where it is another's, that is the result, not an error. */
  async begin(eventStoreId: string): Promise<void> {
    await this.step(async () => {
      const { reportStore, wait, signal, owner = leaseOwner() } = this.#options
      const { name, definition } = this.#projection
      this.#startedAt = this.#now()
      const opened = await reportStore.open(newReport(name, eventStoreId, definition))
      this.#checkIsOurs(opened, eventStoreId)
      const lease = await reportStore.acquire(opened, owner, LEASE_MS, isGone)
      if (lease.granted) {
        await this.#setOut(opened, new HeldLease(reportStore, opened, lease.token))
        return null
      }
      this.isWaiting = wait === true && signal?.aborted !== true
      return this.isWaiting ? null : this.#result(opened, { heldBy: lease })
    })
  }

  /** Gives the lease back. One that a replay has overtaken goes on with the generation that people see now. */
  async finish(): Promise<void> {
    const underway = this.#underway
    if (underway === null) return
    this.#underway = null
    await this.step(async () => {
      const { report, writer, catchUp } = underway
      const { end } = catchUp
      if (end === 'failed') throw catchUp.failure
      if (end === 'switched') return null
      const told: Partial<RunResult> = {}
      if (end === 'interrupted') told.interrupted = true
      if (end === 'below-backfill') told.belowBackfill = true
      if (end === 'lost') told.heldBy = await this.#holder()
      return this.#result(report, told, writer, { ...report, ...writer.state })
    })
    await underway.lease.release()
  }

  async #setOut(opened: ReportStatus, lease: HeldLease): Promise<void> {
    const { reportStore } = this.#options
    const { name, definition, skip } = this.#projection
    try {
      // as the run before has left it
      const report = (await reportStore.status(name)) ?? opened
      if (report.generation === opened.generation) {
        const plan = this.#plan()
        const skips = skip === undefined ? [] : [skip]
        const writer = new ReportWriter(reportStore, report, definition, plan, lease, skips)
        const catchUp = new CatchUp(this.#options, writer, plan.types)
        this.#underway = { lease, report, writer, catchUp }
      }
    } finally {
      if (this.#underway === null) await lease.release()
    }
  }

  #plan(): ReadPlan {
    return readPlan(this.#projection.definition, this.#projection.eventTypes ?? [])
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  #checkIsOurs(report: ReportStatus, eventStoreId: string): void {
    if (report.eventStoreId !== eventStoreId) throw otherEventStore(report, this.#options.reportStore.url)
    checkSameProjection(report, this.#projection.definition)
  }

  #result(
    before: ReportStatus,
    end: Partial<RunResult> = {},
    done?: { events: number; rowsWritten: number },
    after?: ReportStatus,
  ): RunResult {
    return runResult({ ...this.#options, ...this.#projection }, this.#startedAt, before, end, done, after)
  }

  async #holder(): Promise<{ owner: string; expiresAt: number }> {
    const status = await this.#options.reportStore.status(this.#projection.name)
    return status?.heldBy ?? { owner: 'another run', expiresAt: 0 }
  }
}

function checkSkip(skip: string | undefined): void {
  if (skip === undefined || parseUuid(skip) !== null) return
  throw new DemetraError(`'${skip}' is not the id of an event: expected a UUID`, {
    code: 'DEMETRA_SKIP_ID',
    exitCode: EXIT.usage,
  })
}
