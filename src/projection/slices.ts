/** A slice takes about this long: short enough to save often, long enough that saving costs little. */
const SHORT_MS = 250
const LONG_MS = 1000
const HOUR = 3600n << 31n

/**
 * How far to read before the checkpoint is saved, also where nothing of interest comes. In positions, which
 * are time: the first slices are small beside the stretch in all, then they follow how long they take.
 */
export class Slices {
  #span: bigint

  /** From the first event of interest to the end of the run. */
  constructor(first: bigint, target: bigint) {
    this.#span = (target - first) / 8n
    if (this.#span < HOUR) this.#span = HOUR
  }

  /** The end of a slice that begins at `from`; at most `target`. */
  next(from: bigint, target: bigint): bigint {
    const end = from + this.#span
    return end < target ? end : target
  }

  /** Milliseconds that the last one took. */
  took(ms: number): void {
    if (ms < SHORT_MS) this.#span *= 4n
    else if (ms > LONG_MS && this.#span > HOUR) this.#span /= 2n
  }
}
