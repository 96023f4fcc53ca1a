import { pause } from '../pause.ts'
import { nearGroups } from './near-groups.ts'
import { eachOf, goingOn, onlyResult, outcomesOf } from './own-outcome.ts'
import { Pass } from './pass.ts'
import { ProjectionRun } from './projection-run.ts'
import type { ProjectionToRun, RunOptions, RunResult, SharedRunOptions } from './run-types.ts'
import { settledPosition } from './settled-position.ts'
import { SummedProgress } from './summed-progress.ts'

export type { RunOptions, RunResult } from './run-types.ts'

const POLL_MS = 200

/**
 * Catches a report up with the log, once, and returns what was done. Another run that holds the report is a
 * result, not an error (unless `wait`). Throws DemetraError: DEMETRA_PROJECTION_VERSION_CHANGED,
 * DEMETRA_PROJECTION_SHAPE_CHANGED, DEMETRA_PROJECTION_FAILED, DEMETRA_PROJECTION_DEFINITION,
 * DEMETRA_REPORT_OF_OTHER_STORE (exit 1), DEMETRA_SKIP_ID (exit 2), and whatever the stores throw.
 */
export async function runProjection(options: RunOptions): Promise<RunResult> {
  return onlyResult(await runProjections([options], options))
}

/**
 * Catches reports up with the log, once; those that are about as far behind share one read of it. The outcome of each,
 * in their order: one that fails, as above, does not keep the others from their ends. Throws where the event store
 * cannot be asked at all.
 */
export async function runProjections(
  projections: readonly ProjectionToRun[],
  options: SharedRunOptions,
): Promise<PromiseSettledResult<RunResult>[]> {
  const runs = projections.map((projection) => new ProjectionRun(projection, options))
  for (let due = runs; due.length > 0; due = goingOn(runs)) {
    await runOnce(due, options)
    if (due.some(({ isWaiting }) => isWaiting)) await pause(POLL_MS, options.signal)
  }
  return outcomesOf(runs)
}

/** Afterwards those go on that wait for another run, or whose report was switched meanwhile. */
async function runOnce(due: readonly ProjectionRun[], options: SharedRunOptions): Promise<void> {
  const { eventStore, signal } = options
  const eventStoreId = await eventStore.storeId()
  await eachOf(due, (run) => run.look(eventStoreId))
  const target = await settledPosition(eventStore, signal)
  await eachOf(due, (run) => run.leaveUpToDate(target))
  const groups = nearGroups(goingOn(due), (run) => run.distanceTo(target))
  const lengths = groups.map((group) => Math.max(...group.map((run) => Number(run.distanceTo(target)))))
  const progress = new SummedProgress(
    lengths.reduce((sum, length) => sum + length, 0),
    options.onProgress,
  )
  for (const [i, group] of groups.entries()) {
    await eachOf(group, (run) => run.begin(eventStoreId))
    const catchUps = group.flatMap(({ catchUp }) => catchUp ?? [])
    const onProgress = progress.next(lengths[i] ?? 0)
    try {
      await new Pass({ ...options, onProgress }, catchUps).run(target)
    } finally {
      await eachOf(group, (run) => run.finish())
    }
  }
}
