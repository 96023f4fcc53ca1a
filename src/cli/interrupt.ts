import { DemetraError, EXIT } from '../errors.ts'

/** What a run ends with that was stopped by Ctrl-C or SIGTERM. */
export function interrupted(hints: readonly string[] = []): DemetraError {
  return new DemetraError('Interrupted', { code: 'DEMETRA_INTERRUPTED', exitCode: EXIT.interrupted, hints })
}

export function isInterruption(thrown: unknown): boolean {
  return thrown instanceof DemetraError && thrown.exitCode === EXIT.interrupted
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Listens for Ctrl-C and SIGTERM: the first aborts `signal`, so that the batch in hand is finished and saved;
 * the second ends the process at once. `onFirst` may tell people about the first.
 */
export class Interrupt {
  readonly #controller = new AbortController()
  readonly #onFirst: () => void

  constructor(onFirst: () => void) {
    this.#onFirst = onFirst
    for (const name of SIGNALS) process.on(name, this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  stopListening(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal)
  }

  readonly #onSignal = (): void => {
    if (this.#controller.signal.aborted) process.exit(EXIT.interrupted)
    this.#onFirst()
    this.#controller.abort(interrupted())
  }
}
