import { setTimeout as delay } from 'node:timers/promises'
import type { ClientSession } from 'mongodb'
import type { Database } from './database.ts'
import { fromTimestamp } from './position.ts'
import type { BackfillDocument } from './schema.ts'

/**
 * How readers and backfills keep apart without transactions. Each side first writes down what it is about to do and
 * only then looks at what the other has written, with majority writes and reads in one causal session:
 *
 *   a reader (readers.ts)      writes how far it wants to read; looks at the running backfills; reads below them
 *   a backfill (backfills.ts)  writes that it is running; looks at the readers; holds them where the foremost stands
 *
 * A reader that wrote before the backfill looked is counted in what that holds from. One that wrote later looks
 * later still, sees the backfill running and stays below. So they cannot both miss each other. A backfill that goes
 * below what it holds from does the same again: it holds from lower down, then looks (prepare-backfill.ts).
 */
export const BACKFILLS = 'demetra_backfills'

/** By the server's clock. */
export const HAS_NOT_RUN_OUT = { $gt: ['$expires_at', '$$NOW'] }
const HAS_RUN_OUT = { $lte: ['$expires_at', '$$NOW'] }

/** How long a reader waits to hear what a backfill that is just beginning holds from. */
const LOOK_FOR_MS = 1000
const LOOK_AGAIN_MS = 20

/**
 * The running backfills. Those whose owner is gone are over, for good: readers move on and must not be overtaken
 * later, whatever the clock says then.
 */
export async function runningBackfills(
  database: Database,
  session: ClientSession,
): Promise<BackfillDocument[]> {
  const backfills = database.collection<BackfillDocument>(BACKFILLS)
  for (;;) {
    const found = await database.repeat(() =>
      backfills
        .aggregate<BackfillDocument & { has_run_out: boolean }>(
          [{ $match: { running: true } }, { $set: { has_run_out: HAS_RUN_OUT } }],
          { session },
        )
        .toArray(),
    )
    if (!found.some((backfill) => backfill.has_run_out)) return found
    await database.repeat(() =>
      backfills.updateMany({ running: true, $expr: HAS_RUN_OUT }, { $set: { running: false } }, { session }),
    )
  }
}

/**
 * Where a reader that has read up to `readTo` has to stop for the running backfills; null: there is none. One that
 * has not said yet what it holds from will not say less than `readTo`.
 */
export async function heldFrom(
  database: Database,
  session: ClientSession,
  readTo: bigint,
): Promise<bigint | null> {
  const giveUpAt = performance.now() + LOOK_FOR_MS
  for (;;) {
    const running = await runningBackfills(database, session)
    if (running.every(({ holds_from }) => holds_from !== null) || performance.now() > giveUpAt) {
      const holds = running.map(({ holds_from }) =>
        holds_from === null ? readTo : fromTimestamp(holds_from),
      )
      return holds.reduce<bigint | null>(
        (least, hold) => (least === null || hold < least ? hold : least),
        null,
      )
    }
    await delay(LOOK_AGAIN_MS)
  }
}
