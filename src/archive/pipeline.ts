import type { Manifest } from '../segment/manifest.ts'
import type { FilledSegment } from './fill-segments.ts'
import { commitSegment, entombSegment, type Moving } from './segment-steps.ts'

/** Segments that are being moved, beside the one that is filled: what bounds memory. */
const MOST_IN_FLIGHT = 3

/**
 * Moves segments, several at a time: while one is filled another is uploaded and checked, and the events of a third
 * become tombstones. A failure ends the run once those under way are as far as they get.
 */
export class Pipeline {
  readonly #moving: Moving
  readonly #onMoved: (manifest: Manifest) => void
  readonly #inFlight = new Set<Promise<void>>()
  #entombing: Promise<void> = Promise.resolve()
  #failure: { error: unknown } | null = null

  constructor(moving: Moving, onMoved: (manifest: Manifest) => void) {
    this.#moving = moving
    this.#onMoved = onMoved
  }

  /** Takes a segment; waits while there are too many. Throws what another one failed with. */
  async add(filled: FilledSegment): Promise<void> {
    while (this.#inFlight.size >= MOST_IN_FLIGHT) await Promise.race(this.#inFlight)
    if (this.#failure !== null) throw this.#failure.error
    const moved: Promise<void> = this.#move(filled)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#inFlight.delete(moved))
    this.#inFlight.add(moved)
  }

  /** Waits until all are moved. Throws what one of them failed with. */
  async end(): Promise<void> {
    await Promise.all(this.#inFlight)
    if (this.#failure !== null) throw this.#failure.error
  }

  async #move(filled: FilledSegment): Promise<void> {
    const manifest = await commitSegment(this.#moving, filled)
    // it is in the archive; its keys alone wait for their turn, which may take longer than to fill the next
    filled.body = []
    // one after the other: two at a time would only wait for each other in the store
    const entombed = this.#entombing.then(() => entombSegment(this.#moving, manifest.number, filled.keys))
    this.#entombing = entombed.catch(() => undefined)
    await entombed
    this.#onMoved(manifest)
  }
}
