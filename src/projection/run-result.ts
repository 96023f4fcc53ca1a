import type { ReportStatus } from '../report-store/report-store.ts'
import type { RunOptions, RunResult } from './run-types.ts'

/** What a run has done, for people and programs. */
export function runResult(
  { name, skip, now = Date.now }: Pick<RunOptions, 'name' | 'skip' | 'now'>,
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
