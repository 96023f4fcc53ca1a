const WINDOW_MS = 60_000
const FAILURES_EACH = 10
const FAILURES_IN_ALL = 300

/**
 * How often somebody may try tokens that are none. A token is too long to be guessed: this keeps the noise, and what it
 * costs the store, low. Counted by address; behind a proxy that is the proxy's, and all share what it may do.
 */
export class SignInLimit {
  readonly #now: () => number
  #failures = new Map<string, number>()
  #inAll = 0
  #windowEndsMs = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  allows(address: string): boolean {
    this.#turnWindow()
    return (this.#failures.get(address) ?? 0) < FAILURES_EACH && this.#inAll < FAILURES_IN_ALL
  }

  failed(address: string): void {
    this.#turnWindow()
    this.#failures.set(address, (this.#failures.get(address) ?? 0) + 1)
    this.#inAll += 1
  }

  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.#windowEndsMs - this.#now()) / 1000))
  }

  #turnWindow(): void {
    if (this.#now() < this.#windowEndsMs) return
    this.#windowEndsMs = this.#now() + WINDOW_MS
    this.#failures = new Map()
    this.#inAll = 0
  }
}
