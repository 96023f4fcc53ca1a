import type { StoredEvent } from '../event/event.ts'
import { shareOfWay } from '../event/position.ts'

export interface ArchiveProgress {
  /** Read so far. */
  events: number
  /** From 0 to 1, of the part of the log that is to be moved: half for what is read, half for what is moved. */
  share: number
}

/** How far a run is: events are read well before they are moved, and what is read is not done. */
export class ProgressTeller {
  readonly #upTo: bigint
  readonly #onProgress: (progress: ArchiveProgress) => void
  #from: bigint | null = null
  #events = 0
  #readShare = 0
  #movedShare = 0

  constructor(upTo: bigint, onProgress: (progress: ArchiveProgress) => void = () => {}) {
    this.#upTo = upTo
    this.#onProgress = onProgress
  }

  /** The next of the log. */
  read(batch: readonly StoredEvent[]): void {
    const [first, last] = [batch[0], batch.at(-1)]
    if (first === undefined || last === undefined) return
    this.#from ??= first.position
    this.#events += batch.length
    this.#readShare = this.#shareAt(last.position)
    this.#tell()
  }

  /** All up to there. */
  moved(position: bigint): void {
    this.#movedShare = this.#shareAt(position)
    this.#tell()
  }

  #shareAt(position: bigint): number {
    return shareOfWay(this.#from ?? position, this.#upTo, position)
  }

  #tell(): void {
    this.#onProgress({ events: this.#events, share: (this.#readShare + this.#movedShare) / 2 })
  }
}
