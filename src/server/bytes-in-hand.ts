import { HttpError } from './http-error.ts'

/** Counts the bytes of bodies that all requests hold together, so that memory has an end. */
export class BytesInHand {
  readonly #limitBytes: number
  #bytes = 0
  #packedBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** For one request; to be released when it is answered. */
  hold(): HeldBytes {
    let held = 0
    let heldPacked = 0
    const add = (bytes: number): void => {
      const after = this.#bytes + bytes
      // one alone is always served: its own limits hold it
      if (bytes > 0 && after > this.#limitBytes && this.#bytes > held) throw busy()
      this.#bytes = after
      held += bytes
    }
    return {
      add,
      addPacked: (bytes) => {
        const after = this.#packedBytes + bytes
        if (after > this.#limitBytes / 2 && this.#packedBytes > heldPacked) throw busy()
        add(bytes)
        this.#packedBytes = after
        heldPacked += bytes
      },
      release: () => {
        this.#bytes -= held
        this.#packedBytes -= heldPacked
        held = 0
        heldPacked = 0
      },
    }
  }
}

export interface HeldBytes {
  /** So much more, or below zero less. Throws HttpError, 503, where it would be too much with what all others hold. */
  add(bytes: number): void
  /**
   * So much more of a body that is kept packed until it has come to its end, however slowly: all of them have half of
   * the room, and leave the other half to the rest. Throws HttpError, 503.
   */
  addPacked(bytes: number): void
  release(): void
}

function busy(): HttpError {
  return new HttpError(503, 'DEMETRA_SERVER_BUSY', 'The server has as much in hand as it may keep', {
    hints: ['Send it again after the seconds of Retry-After'],
    retryAfterSeconds: 1,
  })
}
