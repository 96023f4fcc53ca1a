import { DemetraError, EXIT } from '../errors.ts'
import { pause } from '../pause.ts'
import type { EventStore } from '../event-store/event-store.ts'

export interface FollowOptions {
  eventStore: Pick<EventStore, 'newestPosition' | 'waitForNews'>
  /** Catches up once; what it throws ends the following, but for what passes. */
  catchUp: () => Promise<void>
  /** A store is away or busy: it is tried again. */
  onTrouble: (error: DemetraError, againInMs: number) => void
  signal: AbortSignal
}

/** Without news a follower looks all the same: a clock, a backfill or a lease may have changed. */
const LOOK_EVERY_MS = 60_000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** Catches up, waits for news, and again, until `signal` is aborted. */
export async function follow({ eventStore, catchUp, onTrouble, signal }: FollowOptions): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  while (!isAborted(signal)) {
    try {
      // looked at before: what comes while the run is at its end is news
      const newest = await eventStore.newestPosition()
      await catchUp()
      if (isAborted(signal)) return
      pauseMs = FIRST_PAUSE_MS
      await eventStore.waitForNews(newest, LOOK_EVERY_MS, signal)
    } catch (error) {
      if (!passes(error)) throw error
      onTrouble(error, pauseMs)
      await pause(pauseMs, signal)
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted

/** A store is away or busy, for now. */
export function passes(error: unknown): error is DemetraError {
  return (
    error instanceof DemetraError &&
    (error.exitCode === EXIT.temporary || error.exitCode === EXIT.unreachable)
  )
}
