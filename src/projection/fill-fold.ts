import {
  apply,
  changesOf,
  describe,
  type FoldFailure,
  type FoldResult,
  NO_MEMORY,
  type Problem,
  type Slot,
  slotsOf,
} from './fold.ts'
import { MemoryFold } from './memory-fold.ts'
import type { AnyEvent, Projection } from './projection.ts'

/** Rows kept here at most; then all are written, and the rest is folded batch by batch. */
const MAX_ROWS = 300_000

/**
 * The fold of a generation that is filled from zero: nobody reads it and nobody goes on from the middle of it, so its
 * rows stay in memory as handlers know them, and each is written once and not once for each batch. The same steps in
 * the same order as `foldBatch`; test/projection/replay.test.ts compares the two.
 */
export class FillFold {
  readonly #projection: Projection
  readonly #maxRows: number
  readonly #slots = new Map<string, Slot>()
  readonly #memory: MemoryFold | null

  constructor(projection: Projection, maxRows = MAX_ROWS) {
    this.#projection = projection
    this.#maxRows = maxRows
    this.#memory = projection.memory === null ? null : new MemoryFold(projection.memory)
  }

  /** Too many rows to be kept. */
  get isFull(): boolean {
    return this.#slots.size + (this.#memory?.size ?? 0) > this.#maxRows
  }

  /** The event that could not be handled; the rows are of no use then. */
  fold(events: readonly AnyEvent[]): FoldFailure | null {
    for (const [index, event] of events.entries()) {
      const problem = this.#one(event, index)
      if (problem !== null) return { index, ...problem }
    }
    return null
  }

  /** All rows. What is folded after it starts from nothing. */
  take(): Omit<FoldResult, 'events' | 'failure'> | FoldFailure {
    const changes = changesOf(this.#projection, this.#slots.values())
    return 'index' in changes ? changes : { ...changes, memory: this.#memory?.changes() ?? [] }
  }

  #one(event: AnyEvent, index: number): Problem | null {
    const projection = this.#projection
    let place = "'memory.at'"
    try {
      this.#memory?.forgetEvents()
      this.#memory?.plan(event)
      place = "'at'"
      const seen = this.#memory?.seenBy(0) ?? NO_MEMORY
      const slots = slotsOf(projection, event, seen, this.#slots)
      const problem = this.#memory?.fold(0, event) ?? null
      return problem === null ? apply(projection, event, slots, seen, index) : { message: problem }
    } catch (error) {
      return describe(projection, error, place)
    }
  }
}
