import { HttpError, RETRY_AFTER_SECONDS } from './http-error.ts'

/** Counts the bytes of bodies that all requests hold together, so that memory has an end. */
export class BytesInHand {
  readonly #all: Room
  readonly #packed: Room

  constructor(limitBytes: number) {
    this.#all = new Room(limitBytes)
    this.#packed = new Room(limitBytes / 2)
  }

  /** For one request; to be released when it is answered. */
  hold(): HeldBytes {
    const [all, packed] = [this.#all.share(), this.#packed.share()]
    return {
      add: (bytes) => all.add(bytes),
      addPacked: (bytes) => {
        packed.add(bytes)
        all.add(bytes)
      },
      release: () => {
        packed.release()
        all.release()
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

/** So many bytes for all that share it. */
class Room {
  readonly #limitBytes: number
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  share(): { add(bytes: number): void; release(): void } {
    let held = 0
    return {
      add: (bytes) => {
        const after = this.#bytes + bytes
        // one alone is always served: its own limits hold it
        if (bytes > 0 && after > this.#limitBytes && this.#bytes > held) throw busy()
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

function busy(): HttpError {
  return new HttpError(503, 'DEMETRA_SERVER_BUSY', 'The server has as much in hand as it may keep', {
    hints: ['Send it again after the seconds of Retry-After'],
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}
