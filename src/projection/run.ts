import { parseUuid } from '../event/uuid.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { pause } from '../pause.ts'
import { isGone, leaseOwner } from '../process-owner.ts'
import { otherEventStore } from '../report-store/report-name.ts'
import type { ReportStatus } from '../report-store/report-store.ts'
import { CatchUp, type CatchUpEnd } from './catch-up.ts'
import { readPlan } from './event-types.ts'
import { HeldLease, LEASE_MS } from './held-lease.ts'
import { isBehind } from './log-points.ts'
import { checkSameProjection, reportColumns } from './report-shape.ts'
import { ReportWriter } from './report-writer.ts'
import type { EventLog, RunOptions, RunResult } from './run-types.ts'
import { backfillNews, lateEventNews, withReason } from './staleness.ts'

export type { RunOptions, RunResult } from './run-types.ts'

const POLL_MS = 200

/**
 * Catches a report up with the log, once, and returns what was done. Another run that holds the report is a
 * result, not an error (unless `wait`). Throws DemetraError: DEMETRA_PROJECTION_VERSION_CHANGED,
 * DEMETRA_PROJECTION_SHAPE_CHANGED, DEMETRA_PROJECTION_FAILED, DEMETRA_PROJECTION_DEFINITION,
 * DEMETRA_REPORT_OF_OTHER_STORE (exit 1), DEMETRA_SKIP_ID (exit 2), and whatever the stores throw.
 */
export async function runProjection(options: RunOptions): Promise<RunResult> {
  const { name, definition, eventStore, reportStore, signal, now = Date.now } = options
  const startedAt = now()
  checkSkip(options.skip)
  const plan = readPlan(definition, options.eventTypes ?? [])
  const eventStoreId = await eventStore.storeId()
  const before = await reportStore.status(name)
  if (before !== null) checkIsOurs(before, options, eventStoreId)
  const target = await settledPosition(eventStore, signal)
  if (before !== null && (await isUpToDate(before, eventStore, target)))
    return result(options, startedAt, before)

  const { version } = definition
  const opened = await reportStore.open({ name, eventStoreId, version, columns: reportColumns(definition) })
  checkIsOurs(opened, options, eventStoreId)
  const lease = await takeLease(options, opened)
  if (!(lease instanceof HeldLease)) return result(options, startedAt, opened, { heldBy: lease })
  try {
    // as the run before has left it
    const report = (await reportStore.status(name)) ?? opened
    const writer = new ReportWriter(reportStore, report, definition, plan, lease, options.skip)
    const end = await new CatchUp(options, writer, plan.types, target).run()
    const after = { ...report, ...writer.state }
    return result(options, startedAt, report, await endOf(options, end), writer, after)
  } finally {
    await lease.release()
  }
}

function checkSkip(skip: string | undefined): void {
  if (skip === undefined || parseUuid(skip) !== null) return
  throw new DemetraError(`'${skip}' is not the id of an event: expected a UUID`, {
    code: 'DEMETRA_SKIP_ID',
    exitCode: EXIT.usage,
  })
}

function checkIsOurs(report: ReportStatus, options: RunOptions, eventStoreId: string): void {
  if (report.eventStoreId !== eventStoreId) throw otherEventStore(report, options.reportStore.url)
  checkSameProjection(report, options.definition)
}

/** The stable position, once it has passed the newest event of this moment. */
async function settledPosition(eventStore: EventLog, signal: AbortSignal | undefined): Promise<bigint> {
  const newest = await eventStore.newestPosition()
  for (;;) {
    const stable = await eventStore.stablePosition()
    if (stable >= newest || signal?.aborted === true) return stable
    await pause(POLL_MS, signal)
  }
}

/** Nothing to read and nothing to say: then nothing is written either, no lease, no registered reader. */
async function isUpToDate(report: ReportStatus, eventStore: EventLog, target: bigint): Promise<boolean> {
  const { checkpoint, tail, backfill, stale } = report
  if (isBehind(checkpoint, target)) return false
  const late = await lateEventNews(eventStore, tail)
  const filled = await backfillNews(eventStore, checkpoint, backfill)
  return withReason(withReason(stale, late), filled.stale) === stale
}

async function takeLease(
  { reportStore, wait, signal, owner = leaseOwner() }: RunOptions,
  report: ReportStatus,
): Promise<HeldLease | { owner: string; expiresAt: number }> {
  for (;;) {
    const lease = await reportStore.acquire(report, owner, LEASE_MS, isGone)
    if (lease.granted) return new HeldLease(reportStore, report, lease.token)
    if (wait !== true || signal?.aborted === true) return { owner: lease.owner, expiresAt: lease.expiresAt }
    await pause(POLL_MS, signal)
  }
}

async function endOf({ reportStore, name }: RunOptions, end: CatchUpEnd): Promise<Partial<RunResult>> {
  if (end === 'interrupted') return { interrupted: true }
  if (end === 'below-backfill') return { belowBackfill: true }
  if (end === 'done') return {}
  const heldBy = (await reportStore.status(name))?.heldBy ?? { owner: 'another run', expiresAt: 0 }
  return { heldBy }
}

function result(
  { name, skip, now = Date.now }: RunOptions,
  startedAt: number,
  before: ReportStatus,
  end: Partial<RunResult> = {},
  done: { events: number; rowsWritten: number } = { events: 0, rowsWritten: 0 },
  after: ReportStatus = before,
): RunResult {
  const warnings = after.stale.map(
    ({ message }) => `The report ${name} is stale: ${message}; \`demetra replay ${name}\` mends it`,
  )
  if (skip !== undefined && !after.skipped.some(({ id }) => id === skip.toLowerCase())) {
    warnings.push(`The event ${skip} was not met: this run had not to step over it`)
  }
  return {
    name,
    generation: after.generation,
    from: before.checkpoint?.position ?? 0n,
    to: after.checkpoint?.position ?? 0n,
    events: done.events,
    rowsWritten: done.rowsWritten,
    shown: after.shown,
    waiting: after.waiting,
    stale: after.stale,
    skipped: after.skipped,
    seconds: (now() - startedAt) / 1000,
    warnings,
    ...end,
  }
}
