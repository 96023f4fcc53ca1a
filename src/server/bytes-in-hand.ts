import { HttpError } from './http-error.ts'

/** Counts the bytes of bodies that all requests hold together, so that memory has an end. */
export class BytesInHand {
  readonly #limitBytes: number
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** For one request; to be released when it is answered. */
  hold(): HeldBytes {
    let held = 0
    return {
      add: (bytes) => {
        const after = this.#bytes + bytes
        // one alone is always served: its own limits hold it
        if (bytes > 0 && after > this.#limitBytes && this.#bytes > held) {
          throw new HttpError(503, 'DEMETRA_SERVER_BUSY', 'The server has as much in hand as it may keep', {
            hints: ['Send it again after the seconds of Retry-After'],
            retryAfterSeconds: 1,
          })
        }
        this.#bytes = after
        held += bytes
      },
      release: () => {
        this.#bytes -= held
        held = 0
      },
    }
  }
}

export interface HeldBytes {
  /** So much more, or below zero less. Throws HttpError, 503, where it would be too much with what all others hold. */
  add(bytes: number): void
  release(): void
}
