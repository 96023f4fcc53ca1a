import type { Generation, ReportStore } from '../report-store/report-store.ts'

/** A lease runs on for so long after each sign of life. */
export const LEASE_MS = 30_000

/** A lease in the hands of a run; renewed while the run works. */
export class HeldLease {
  readonly token: bigint
  readonly #store: ReportStore
  readonly #of: Generation
  readonly #timer: NodeJS.Timeout
  #lost = false

  constructor(store: ReportStore, of: Generation, token: bigint) {
    this.token = token
    this.#store = store
    this.#of = of
    this.#timer = setInterval(() => void this.#renew(), LEASE_MS / 3).unref()
  }

  /** Another run has it; nothing of this one can be committed any more. */
  get lost(): boolean {
    return this.#lost
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    // where it fails, the lease runs out by itself
    await this.#store.release(this.#of, this.token).catch(() => undefined)
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.#store.renew(this.#of, this.token, LEASE_MS))) this.#lost = true
    } catch {
      // the commit will tell what is wrong; until then the lease runs on
    }
  }
}
