import { formatTime } from '../event/time.ts'
import type { Leases } from '../event-store/event-store.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { isGone, leaseOwner } from '../process-owner.ts'

const LEASE_MS = 60_000

/** The name of the lease under which the source of this fingerprint is imported. */
export function importLease(fingerprint: string): string {
  return `import:${fingerprint}`
}

/** The lease that keeps two runs from importing the same source at once. */
export class ImportLock {
  readonly #leases: Leases
  readonly #name: string
  readonly #token: bigint
  #renewedAt = performance.now()

  private constructor(leases: Leases, name: string, token: bigint) {
    this.#leases = leases
    this.#name = name
    this.#token = token
  }

  /** Throws DemetraError (exit 11) where another run has it. */
  static async take(leases: Leases, fingerprint: string, source: string): Promise<ImportLock> {
    const name = importLease(fingerprint)
    const lease = await leases.acquire(name, leaseOwner(), LEASE_MS, isGone)
    if (lease.granted) return new ImportLock(leases, name, lease.token)
    throw new DemetraError(`${source} is being imported by another run (${lease.owner})`, {
      code: 'DEMETRA_LOCKED',
      exitCode: EXIT.locked,
      hints: [`It gives up its lock when it ends, at the latest ${formatTime(lease.expiresAt)}`],
    })
  }

  /**
   * Call it again and again, before every batch. Throws DemetraError (exit 11) where the lease ran out and another run
   * took it.
   */
  async renew(): Promise<void> {
    if (performance.now() - this.#renewedAt < LEASE_MS / 4) return
    this.#renewedAt = performance.now()
    if (await this.#leases.renew(this.#name, this.#token, LEASE_MS)) return
    throw new DemetraError('Another run took over this import while this one stood still', {
      code: 'DEMETRA_LOCKED',
      exitCode: EXIT.locked,
      hints: ['`demetra status` tells which imports are unfinished'],
    })
  }

  /** A store that is gone lets the lease run out by itself. */
  async release(): Promise<void> {
    await this.#leases.release(this.#name, this.#token).catch(() => {})
  }
}
