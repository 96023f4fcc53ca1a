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
import { isMemoryFull } from './fill-memory.ts'
import { MemoryFold } from './memory-fold.ts'
import type { AnyEvent, Projection } from './projection.ts'
import type { KeyIdentity } from './row-key.ts'

/**
 * The fold of a generation that is filled from zero, as long as all its rows fit into memory: nobody reads it and
 * nobody goes on from the middle of it, so they stay as handlers know them, and nothing is loaded. The same steps in
 * the same order as `foldBatch`; test/projection/replay.test.ts compares the two.
 */
export class FillFold {
  readonly #maxRows: number
  readonly #projection: Projection
  readonly #slots = new Map<KeyIdentity, Slot>()
  readonly #memory: MemoryFold | null

  constructor(projection: Projection, maxRows: number) {
    this.#maxRows = maxRows
    this.#projection = projection
    this.#memory = projection.memory === null ? null : new MemoryFold(projection.memory)
  }

  /** Too many rows to be kept. */
  get isFull(): boolean {
    return isMemoryFull(this.#slots.size + (this.#memory?.size ?? 0), this.#maxRows)
  }

  /** What is wrong with the event, at `index` of its batch; the rows are of no use then. */
  fold(event: AnyEvent, index: number): Problem | null {
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

  /** All rows; nothing is folded after it. */
  take(): Omit<FoldResult, 'events' | 'failure'> | FoldFailure {
    const changes = changesOf(this.#projection, this.#slots.values())
    return 'index' in changes ? changes : { ...changes, memory: this.#memory?.changes() ?? [] }
  }
}
