import { pause } from '../../pause.ts'
import { AGAIN_AFTER_MS, type Ask, type PostgresConnection } from './connection.ts'
import { isLocked, isLost } from './errors.ts'

/** While it waits for its lock, all who come later wait behind it: so it does not wait for long at a time. */
const LOCK_TIMEOUT_MS = 1000
/** How long a reader may stand in the way, in milliseconds. */
export const PATIENCE_MS = 60_000

/**
 * For what needs a view or table for itself, and may be done twice: tries again and again, while it is locked,
 * until `patienceMs` are over and `blocked` says what is in the way.
 */
export async function patiently<Result>(
  connection: PostgresConnection,
  work: (ask: Ask) => Promise<Result>,
  blocked: (ask: Ask) => Promise<Error>,
  patienceMs: number,
): Promise<Result> {
  const deadline = performance.now() + patienceMs
  let losses = 0
  for (;;) {
    try {
      return await connection.write(work, LOCK_TIMEOUT_MS)
    } catch (error) {
      losses += isLost(error) ? 1 : 0
      if (!isLocked(error) && (!isLost(error) || losses > 1)) throw error
      if (performance.now() > deadline) throw await connection.read(blocked)
    }
    await pause(AGAIN_AFTER_MS)
  }
}
