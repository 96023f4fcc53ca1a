import type { RunProgress } from './run-types.ts'

type Tell = (progress: RunProgress) => void

/** The progress of several passes, one after the other, told as that of one. */
export class SummedProgress {
  readonly #tell: Tell
  readonly #whole: number
  #begun = 0
  #told = { events: 0, rowsWritten: 0 }

  /** `whole`: the weights of all passes. */
  constructor(whole: number, tell: Tell = () => undefined) {
    this.#whole = whole
    this.#tell = tell
  }

  /** Where the next pass tells its own; `weight`: how long it is beside the others. */
  next(weight: number): Tell {
    const [before, told] = [this.#begun, this.#told]
    this.#begun += weight
    return (progress) => {
      const events = told.events + progress.events
      const rowsWritten = told.rowsWritten + progress.rowsWritten
      this.#told = { events, rowsWritten }
      const share = this.#whole > 0 ? (before + weight * progress.share) / this.#whole : 1
      this.#tell({ ...progress, events, rowsWritten, share })
    }
  }
}
