import { EventCounts } from '../event-counts.ts'
import type { Batch } from './batch.ts'
import type { IsEarlier } from './earlier-calls.ts'
import type { Known } from './known-events.ts'

export const OPEN = 0
export const WRITTEN = 1
export const DUPLICATE = 2
export const CONFLICT = 3
export const SKIPPED = 4

/** A batch that goes under one number, and what has become of each of its events. */
export class Piece {
  readonly batch: Batch
  readonly append: bigint
  readonly #outcomes: Uint8Array
  readonly #isOwnEarlier: IsEarlier
  /** First place of each event; made where it is asked for. */
  #firsts: Map<string, number> | null = null

  constructor(batch: Batch, append: bigint, isOwnEarlier: IsEarlier) {
    this.batch = batch
    this.append = append
    this.#isOwnEarlier = isOwnEarlier
    this.#outcomes = new Uint8Array(batch.length)
    batch.setAppend(append)
  }

  outcome(index: number): number {
    return this.#outcomes[index] as number
  }

  isWritten(index: number): void {
    this.#outcomes[index] = WRITTEN
  }

  /** What is stored under the id of an event decides what became of it. */
  isKnown(index: number, { digest, append }: Known): void {
    this.#outcomes[index] = this.#judge(index, digest, append)
  }

  /** By type and day, of those that this call has written. */
  written(): EventCounts {
    const { batch } = this
    const numbers = new Uint32Array(batch.pairs.length)
    this.#outcomes.forEach((outcome, index) => {
      if (outcome === WRITTEN) numbers[batch.pair(index)]! += 1
    })
    const counts = new EventCounts()
    batch.pairs.forEach(({ type, createdAt }, pair) => {
      const events = numbers[pair] as number
      if (events > 0) counts.add(type, createdAt, events)
    })
    return counts
  }

  #judge(index: number, digest: Uint8Array, append: bigint | null): number {
    const key = keyOf(this.batch.id(index))
    if (Buffer.compare(digest, this.batch.digest(index)) !== 0) return CONFLICT
    // of equal events of a call one was written, and the others are duplicates of it
    if (!this.#isFirst(index)) return DUPLICATE
    // by this very call: an attempt whose answer was lost
    if (append === this.append) return WRITTEN
    return append !== null && this.#isOwnEarlier(append, key) ? SKIPPED : DUPLICATE
  }

  /** Of those with the same id and content. */
  #isFirst(index: number): boolean {
    this.#firsts ??= firstPlaces(this.batch)
    return this.#firsts.get(contentKey(this.batch, index)) === index
  }
}

export const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, 16).toString('latin1')

const contentKey = (batch: Batch, index: number): string =>
  keyOf(batch.id(index)) + keyOf(batch.digest(index))

function firstPlaces(batch: Batch): Map<string, number> {
  const places = new Map<string, number>()
  for (let index = 0; index < batch.length; index += 1) {
    const key = contentKey(batch, index)
    if (!places.has(key)) places.set(key, index)
  }
  return places
}
