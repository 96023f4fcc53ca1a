import { archiveFenced } from '../event-store/archive-errors.ts'
import { ARCHIVE_LEASE } from '../event-store/catalogue.ts'
import type { Leases } from '../event-store/event-store.ts'
import { isGone, leaseOwner } from '../process-owner.ts'
import { archiveLocked } from './archive-errors.ts'

/** A lease runs on for so long after each sign of life. */
const LEASE_MS = 30_000

/** The lease of the archive in the hands of a run; renewed while the run works. */
export class ArchiveLock {
  readonly fence: bigint
  readonly #leases: Leases
  readonly #timer: NodeJS.Timeout
  #isLost = false

  private constructor(leases: Leases, fence: bigint) {
    this.fence = fence
    this.#leases = leases
    this.#timer = setInterval(() => void this.#renew(), LEASE_MS / 3).unref()
  }

  /**
   * Does `work` under the lease. What it stumbles over once another run has taken over is that one's work, and is told as
   * DEMETRA_ARCHIVE_FENCED. Throws as `take` does.
   */
  static async hold<Result>(leases: Leases, work: (lock: ArchiveLock) => Promise<Result>): Promise<Result> {
    const lock = await ArchiveLock.take(leases)
    try {
      return await work(lock)
    } catch (error) {
      await lock.#renew()
      throw lock.#isLost ? archiveFenced() : error
    } finally {
      await lock.release()
    }
  }

  /** @throws DemetraError DEMETRA_LOCKED, exit 11, where another run has it */
  static async take(leases: Leases): Promise<ArchiveLock> {
    const lease = await leases.acquire(ARCHIVE_LEASE, leaseOwner(), LEASE_MS, isGone)
    if (!lease.granted) throw archiveLocked(lease)
    return new ArchiveLock(leases, lease.token)
  }

  /**
   * To be called before each step in the object store, which knows nothing of leases.
   *
   * @throws DemetraError DEMETRA_ARCHIVE_FENCED, exit 11, where another run has taken over
   */
  check(): void {
    if (this.#isLost) throw archiveFenced()
  }

  /** A store that is gone lets the lease run out by itself. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#leases.release(ARCHIVE_LEASE, this.fence).catch(() => undefined)
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.#leases.renew(ARCHIVE_LEASE, this.fence, LEASE_MS))) this.#isLost = true
    } catch {
      // the next step tells what is wrong; until then the lease runs on
    }
  }
}
