import { pause } from '../pause.ts'
import type { RunLog } from './run-types.ts'

const POLL_MS = 200

/**
 * The position of the newest event of this moment, once it is stable: with nothing new the same as before, so that a
 * run that has nothing to do writes nothing. Where `signal` is aborted, how far it has come.
 */
export async function settledPosition(eventStore: RunLog, signal: AbortSignal | undefined): Promise<bigint> {
  const newest = await eventStore.newestPosition()
  for (;;) {
    const stable = await eventStore.stablePosition()
    if (stable >= newest) return newest
    if (signal?.aborted === true) return stable
    await pause(POLL_MS, signal)
  }
}
