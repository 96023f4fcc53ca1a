import { pause } from '../pause.ts'
import { Filling } from './filling.ts'
import { eachOf, goingOn, onlyResult, outcomesOf } from './own-outcome.ts'
import { Pass } from './pass.ts'
import type { ProjectionToReplay, ReplayOptions, ReplayResult, SharedReplayOptions } from './replay-types.ts'
import { settledPosition } from './settled-position.ts'

export type { ReplayOptions, ReplayResult } from './replay-types.ts'

/** Events in a batch: nothing is written in between, so they may be many. */
const BATCH_EVENTS = 20_000
/** Rounds of catching up before the switch: what comes in meanwhile is left to the next projection run. */
const ROUNDS = 3
const BACKFILL_POLL_MS = 1000

/**
 * Fills the next generation of a report from the whole log, beside the one in use, and switches to it in one step. One
 * that was cut off begins anew: its code may have changed since.
 *
 * @throws DemetraError as `runProjection`; DEMETRA_REPLAY_RUNNING, exit 11, where another replay is at it
 */
export async function runReplay(options: ReplayOptions): Promise<ReplayResult> {
  return onlyResult(await runReplays([options], options))
}

/**
 * Replays reports with one read of the log. The outcome of each, in their order: one that fails, as above, does not
 * keep the others from their switches. Throws where the event store cannot be asked at all.
 */
export async function runReplays(
  projections: readonly ProjectionToReplay[],
  options: SharedReplayOptions,
): Promise<PromiseSettledResult<ReplayResult>[]> {
  const eventStoreId = await options.eventStore.storeId()
  const fillings = projections.map((projection) => new Filling(projection, options))
  try {
    await eachOf(fillings, (filling) => filling.begin(eventStoreId))
    await fill(fillings, options)
    await eachOf(fillings, (filling) => filling.finish())
  } finally {
    await eachOf(fillings, (filling) => filling.close())
  }
  return outcomesOf(fillings)
}

async function fill(fillings: readonly Filling[], options: SharedReplayOptions): Promise<void> {
  const { eventStore, signal } = options
  const catchUps = fillings.flatMap(({ catchUp }) => catchUp ?? [])
  const pass = new Pass({ batchEvents: BATCH_EVENTS, ...options }, catchUps)
  for (let round = 0; round < ROUNDS && goingOn(fillings).length > 0; round += 1) {
    const target = await settledPosition(eventStore, signal)
    await pass.run(target)
    await eachOf(fillings, (filling) => filling.checkPass())
    // a report that ends below what is being imported must not take the place of one that may hold more
    if (goingOn(fillings).some(({ catchUp }) => catchUp?.end === 'below-backfill')) {
      round -= 1
      await pause(BACKFILL_POLL_MS, signal)
    } else if ((await eventStore.newestPosition()) <= target) break
  }
}
