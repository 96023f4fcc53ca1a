import { setTimeout as delay } from 'node:timers/promises'
import { isBusy, storeError } from './errors.ts'

/**
 * Runs `attempt` until the file is free, giving the event loop its turns in between: SQLite's own waiting
 * would stop the whole process. Random pauses of some milliseconds, so that no process is always second.
 *
 * @param waitMs in all; then DEMETRA_STORE_BUSY
 */
export async function retryBusy<T>(path: string, waitMs: number, attempt: () => T): Promise<T> {
  const giveUpAt = performance.now() + waitMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw storeError(error, path)
    }
    await delay(2 + Math.random() * 18)
  }
}
