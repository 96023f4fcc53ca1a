export interface SharedReadOptions {
  /** What was read is told again for so long. */
  freshMs: number
  /** Who asks waits so long at most. */
  deadlineMs: number
  /** Milliseconds that never go back. */
  now?: () => number
}

/** What was read; or why not, or 'late': there is no answer yet. */
export type ReadOutcome<Value> = { value: Value } | { failure: unknown }

const LATE = { failure: 'late' }

/**
 * One read for all who ask: many cost no more than one, and what hangs is asked once, until it answers. So whoever may
 * ask can ask as often as he likes.
 */
export class SharedRead<Value> {
  readonly #read: () => Promise<Value>
  readonly #options: SharedReadOptions
  readonly #now: () => number
  #reading: Promise<ReadOutcome<Value>> | null = null
  #last: { outcome: ReadOutcome<Value>; at: number } | null = null

  constructor(read: () => Promise<Value>, options: SharedReadOptions) {
    this.#read = read
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  async get(): Promise<ReadOutcome<Value>> {
    const { freshMs, deadlineMs } = this.#options
    if (this.#last !== null && this.#now() - this.#last.at < freshMs) return this.#last.outcome
    this.#reading ??= this.#start()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, LATE)
    })
    try {
      return await Promise.race([this.#reading, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #start(): Promise<ReadOutcome<Value>> {
    const outcome = await this.#read().then(
      (value) => ({ value }),
      (failure: unknown) => ({ failure }),
    )
    this.#last = { outcome, at: this.#now() }
    this.#reading = null
    return outcome
  }
}
