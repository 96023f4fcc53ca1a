/**
 * The bytes of a record that goes on over several chunks: kept up to a limit, only counted beyond it. The
 * pieces are joined once, at the end, so that a long record costs no more than its length.
 */
export class Carry {
  /** Bytes added since the last `take`, kept or not. */
  length = 0
  readonly #limitBytes: number
  #pieces: Buffer[] = []

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return
    this.length += piece.length
    if (this.length > this.#limitBytes) this.#pieces = []
    else this.#pieces.push(piece)
  }

  /** What was added, in one Buffer; null where it was more than the limit. Starts anew. */
  take(): Buffer | null {
    const pieces = this.#pieces
    const kept = this.length <= this.#limitBytes
    this.#pieces = []
    this.length = 0
    if (!kept) return null
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }
}
