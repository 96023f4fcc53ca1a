import { SharedRead } from '../shared-read.ts'
import { toFailure, type Failure } from './failure.ts'
import type { Facts } from './facts.ts'

const FRESH_MS = 2_000
/** Nobody waits longer for a store; what was known last is told then. */
const DEADLINE_MS = 3_000

export interface SharedAnswer {
  /** Those of the last read that went well; null: none has yet. */
  facts: Facts | null
  failure: FactsFailure | null
}

export interface FactsFailure extends Failure {
  /** Milliseconds since 1970: when the first look began that did not go well. */
  sinceMs: number
}

const HANGS: Failure = { message: 'The event store does not answer', hints: [] }

/** The facts for all who look, and for as long as the store cannot be read those of before. */
export class SharedFacts {
  readonly #shared: SharedRead<Facts>
  readonly #now: () => number
  #facts: Facts | null = null
  #failure: FactsFailure | null = null

  constructor(read: () => Promise<Facts>, options: { now?: () => number; deadlineMs?: number } = {}) {
    const { now, deadlineMs = DEADLINE_MS } = options
    this.#now = now ?? Date.now
    this.#shared = new SharedRead(read, { freshMs: FRESH_MS, deadlineMs, ...(now && { now }) })
  }

  async get(): Promise<SharedAnswer> {
    const askedAtMs = this.#now()
    const outcome = await this.#shared.get()
    if ('value' in outcome) {
      this.#facts = outcome.value
      this.#failure = null
    } else {
      const failure = outcome.failure === 'late' ? HANGS : toFailure(outcome.failure)
      this.#failure = { ...failure, sinceMs: this.#failure?.sinceMs ?? askedAtMs }
    }
    return { facts: this.#facts, failure: this.#failure }
  }
}
