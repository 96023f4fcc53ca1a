import { backOffMs } from './back-off.ts'

/** Whether the server is there, as far as the last answers tell, and when it is asked again. */
export class ServerState {
  #failures = 0
  #notBefore = 0
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** Until it has taken an event again, it is asked with one at a time. */
  get isInDoubt(): boolean {
    return this.#failures > 0
  }

  get notBefore(): number {
    return this.#notBefore
  }

  answered(): void {
    this.#failures = 0
    this.#notBefore = 0
  }

  /** Milliseconds until the next try. */
  failed(nowMs: number, askedMs: number | null): number {
    this.#failures += 1
    const waitMs = backOffMs(this.#failures, askedMs, this.#random)
    this.#notBefore = nowMs + waitMs
    return waitMs
  }
}
