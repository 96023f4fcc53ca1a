import { hash64 } from './hash64.ts'
import { OccurrenceFile } from './occurrence-file.ts'

export interface OccurrencesOptions {
  /** Of the table in memory, a power of two; default 2^19 (6 MiB). */
  slots?: number
}

const DEFAULT_SLOTS = 2 ** 19
/** The table is emptied to disk when it is this full. */
const MAX_LOAD = 0.6

/**
 * Counts how often the same key came before, in bounded memory: a table of 64-bit hashes, and a temporary
 * file for what does not fit. Memory is the same for 500 thousand keys and for 50 million (about 30 MiB); a
 * key costs about 0.1 µs until the table is first full, and one to two after.
 */
export class Occurrences {
  /** Keys that were the same as an earlier one. */
  identical = 0
  readonly #mask: number
  readonly #maxKeys: number
  /** Two words a key; a slot is free where its count is 0. Allocated with the first key. */
  #words = new Int32Array(0)
  #counts = new Uint32Array(0)
  #keys = 0
  #file: OccurrenceFile | null = null
  readonly #hash = new Int32Array(2)

  constructor(options: OccurrencesOptions = {}) {
    const slots = options.slots ?? DEFAULT_SLOTS
    this.#mask = slots - 1
    this.#maxKeys = Math.floor(slots * MAX_LOAD)
  }

  /** How many times `key` (8 bytes or more, all of them count) came before this time. */
  next(key: Uint8Array): number {
    if (this.#counts.length === 0) {
      this.#words = new Int32Array(2 * (this.#mask + 1))
      this.#counts = new Uint32Array(this.#mask + 1)
    }
    hash64(key, this.#hash)
    const slot = this.#slot()
    let before = this.#counts[slot] as number
    if (before === 0) {
      before = this.#file?.count(this.#hash) ?? 0
      this.#words.set(this.#hash, 2 * slot)
      this.#keys++
    }
    this.#counts[slot] = before + 1
    if (before > 0) this.identical++
    if (this.#keys >= this.#maxKeys) this.#flush()
    return before
  }

  /** Whether `key` came before; it is not counted. */
  has(key: Uint8Array): boolean {
    if (this.#counts.length === 0) return false
    hash64(key, this.#hash)
    return this.#counts[this.#slot()] !== 0 || (this.#file?.count(this.#hash) ?? 0) > 0
  }

  /** Gives the temporary file back. */
  close(): void {
    this.#file?.close()
    this.#file = null
    this.#words = new Int32Array(0)
    this.#counts = new Uint32Array(0)
    this.#keys = 0
  }

  /** Of the key in `#hash`, or the free one that it would take. */
  #slot(): number {
    const low = this.#hash[0] as number
    const high = this.#hash[1] as number
    let slot = low & this.#mask
    while (this.#counts[slot] !== 0) {
      if (this.#words[2 * slot] === low && this.#words[2 * slot + 1] === high) break
      slot = (slot + 1) & this.#mask
    }
    return slot
  }

  #flush(): void {
    this.#file ??= new OccurrenceFile()
    const sorted = new BigInt64Array(this.#keys)
    const all = new BigInt64Array(this.#words.buffer)
    let next = 0
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#counts[slot] !== 0) sorted[next++] = all[slot] as bigint
    }
    sorted.sort()
    const words = new Int32Array(sorted.buffer)
    this.#file.put(sorted, (index) => {
      this.#hash[0] = words[2 * index] as number
      this.#hash[1] = words[2 * index + 1] as number
      return this.#counts[this.#slot()] as number
    })
    this.#counts.fill(0)
    this.#keys = 0
  }
}
