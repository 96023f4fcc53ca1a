import { HttpError } from './http-error.ts'

/** A burst is as much as this many seconds give. */
const BURST_SECONDS = 10

/**
 * So many events a second for each token, by a bucket that fills as time goes by. How many events a request has is
 * known when it was read: it is served, and those after it wait until the bucket is full enough again.
 */
export class RateLimit {
  readonly #perSecond: number | null
  readonly #now: () => number
  readonly #buckets = new Map<string, { level: number; at: number }>()

  /** @param now milliseconds that never go back */
  constructor(perSecond: number | null, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /** Throws HttpError, 429, where the bucket is empty. */
  check(tokenId: string): void {
    if (this.#perSecond === null) return
    const { level } = this.#filled(tokenId, this.#perSecond)
    if (level > 0) return
    throw new HttpError(429, 'DEMETRA_RATE', `This token may send ${this.#perSecond} events a second`, {
      hints: ['Send it again after the seconds of Retry-After'],
      retryAfterSeconds: Math.max(1, Math.ceil((1 - level) / this.#perSecond)),
    })
  }

  take(tokenId: string, events: number): void {
    if (this.#perSecond !== null) this.#filled(tokenId, this.#perSecond).level -= events
  }

  #filled(tokenId: string, perSecond: number): { level: number } {
    const now = this.#now()
    const full = perSecond * BURST_SECONDS
    const bucket = this.#buckets.get(tokenId) ?? { level: full, at: now }
    bucket.level = Math.min(full, bucket.level + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    this.#buckets.set(tokenId, bucket)
    return bucket
  }
}
