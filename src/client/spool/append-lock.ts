import { join } from 'node:path'
import { DemetraError } from '../../errors.ts'
import { pause } from '../../pause.ts'
import { FileLock } from './file-lock.ts'
import { spoolBusy, spoolUnwritable } from './spool-errors.ts'

/** Others hold it for one write; where it takes longer, somebody stands still with it. */
const PATIENCE_MS = 5000

/** Keeps the writers of a spool, in whatever process, from each other. */
export class AppendLock {
  readonly #folder: string
  readonly #lock: FileLock

  constructor(folder: string) {
    this.#folder = folder
    this.#lock = new FileLock(join(folder, 'append.lock'))
  }

  /** `work` never waits, so that the lock is held for a moment only. Throws DemetraError where it cannot be had. */
  async hold<Result>(work: () => Result): Promise<Result> {
    const until = performance.now() + PATIENCE_MS
    while (!this.#taken()) {
      if (performance.now() > until) throw spoolBusy(this.#folder)
      await pause(Math.random() * 3)
    }
    try {
      return work()
    } finally {
      this.#lock.release()
    }
  }

  close(): void {
    this.#lock.close()
  }

  #taken(): boolean {
    try {
      return this.#lock.tryTake()
    } catch (error) {
      throw error instanceof DemetraError ? error : spoolUnwritable(this.#folder, error)
    }
  }
}
