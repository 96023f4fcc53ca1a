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
import { checkSameProjection, newReport } from './report-shape.ts'
import { ReportWriter } from './report-writer.ts'
import { runResult } from './run-result.ts'
import type { EventLog, RunOptions, RunResult } from './run-types.ts'
import { settledPosition } from './settled-position.ts'
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
    return runResult(options, startedAt, before)

  const opened = await reportStore.open(newReport(name, eventStoreId, definition))
  checkIsOurs(opened, options, eventStoreId)
  const lease = await takeLease(options, opened)
  if (!(lease instanceof HeldLease)) return runResult(options, startedAt, opened, { heldBy: lease })
  try {
    // as the run before has left it
    const report = (await reportStore.status(name)) ?? opened
    if (report.generation === opened.generation) {
      const skip = options.skip === undefined ? [] : [options.skip]
      const writer = new ReportWriter(reportStore, report, definition, plan, lease, skip)
      const end = await new CatchUp(options, writer, plan.types, target).run()
      if (end !== 'switched') {
        const after = { ...report, ...writer.state }
        return runResult(options, startedAt, report, await endOf(options, end), writer, after)
      }
    }
  } finally {
    await lease.release()
  }
  // a replay has switched meanwhile: what is to be done is done to the generation that people see now
  return runProjection(options)
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
