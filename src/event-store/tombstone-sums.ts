import { xorInto } from '../event/xor.ts'
import type { TombstoneSum } from './catalogue.ts'

const BYTES = 16

/** Sums tombstones up by segment. */
export class TombstoneSums {
  readonly #bySegment = new Map<number, TombstoneSum>()

  add(segment: number, id: Uint8Array, digest: Uint8Array): void {
    let sum = this.#bySegment.get(segment)
    if (sum === undefined) {
      sum = {
        segment,
        tombstones: 0,
        idsXor: new Uint8Array(BYTES),
        digestsXor: new Uint8Array(BYTES),
      }
      this.#bySegment.set(segment, sum)
    }
    sum.tombstones += 1
    xorInto(sum.idsXor, id)
    xorInto(sum.digestsXor, digest)
  }

  /** By segment. */
  list(): TombstoneSum[] {
    return [...this.#bySegment.values()].toSorted((a, b) => a.segment - b.segment)
  }
}
