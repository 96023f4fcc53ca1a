import { toFailure, type Failure } from './failure.ts'
import type { Facts } from './facts.ts'

/** Facts that are younger are told again. */
const FRESH_MS = 2_000
/** A read that takes long is done less often: at most this share of the time goes into it. */
const SHARE = 0.1
/** Nobody waits longer for a store; what was known last is told then. */
const PATIENCE_MS = 3_000

export interface SharedAnswer {
  /** Those of the last read that went well; null: none has yet. */
  facts: Facts | null
  failure: FactsFailure | null
}

export interface FactsFailure extends Failure {
  /** Milliseconds since 1970: when the first read began that did not go well. */
  sinceMs: number
}

/** One read of the store for all who look: many viewers cost as much as one, and a store that hangs is asked once. */
export class SharedFacts {
  readonly #read: () => Promise<Facts>
  readonly #now: () => number
  readonly #patienceMs: number
  #facts: Facts | null = null
  #failure: FactsFailure | null = null
  #nextAtMs = 0
  #reading: { startedAtMs: number; done: Promise<void> } | null = null

  constructor(read: () => Promise<Facts>, options: { now?: () => number; patienceMs?: number } = {}) {
    this.#read = read
    this.#now = options.now ?? Date.now
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
  }

  async get(): Promise<SharedAnswer> {
    if (this.#reading === null && this.#now() >= this.#nextAtMs) this.#start()
    if (this.#reading !== null) await this.#patiently(this.#reading)
    return { facts: this.#facts, failure: this.#failure }
  }

  #start(): void {
    const startedAtMs = this.#now()
    const done = this.#read().then(
      (facts) => {
        this.#facts = facts
        this.#failure = null
      },
      (error: unknown) => this.#failed(startedAtMs, toFailure(error)),
    )
    this.#reading = {
      startedAtMs,
      done: done.then(() => {
        const tookMs = this.#now() - startedAtMs
        this.#nextAtMs = this.#now() + Math.max(FRESH_MS, tookMs / SHARE)
        this.#reading = null
      }),
    }
  }

  async #patiently({ startedAtMs, done }: { startedAtMs: number; done: Promise<void> }): Promise<void> {
    const leftMs = startedAtMs + this.#patienceMs - this.#now()
    const { promise, resolve } = Promise.withResolvers<'hangs'>()
    const timer = setTimeout(resolve, Math.max(0, leftMs), 'hangs')
    const outcome = await Promise.race([done, promise])
    clearTimeout(timer)
    if (outcome === 'hangs')
      this.#failed(startedAtMs, { message: 'The event store does not answer', hints: [] })
  }

  #failed(startedAtMs: number, failure: Failure): void {
    this.#failure = { ...failure, sinceMs: this.#failure?.sinceMs ?? startedAtMs }
  }
}
