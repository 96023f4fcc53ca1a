import type { ValueTable } from '../value-table.ts'

/** Places that a value takes at most. */
const MOST_PLACES = 2

/** Values in their order, as ValueTable has them. */
export class ValueList {
  length = 0
  #kinds = new Uint8Array(1024)
  #values = new Float64Array(1024)

  add(kind: number, value: number): void {
    if (this.length + MOST_PLACES > this.#kinds.length) this.#grow()
    this.#kinds[this.length] = kind
    this.#values[this.length] = value
    this.length += 1
  }

  /** Of a kind that takes two places. */
  addPart(kind: number, from: number, length: number): void {
    this.add(kind, from)
    this.#values[this.length] = length
    this.length += 1
  }

  copies(): Pick<ValueTable, 'kinds' | 'values'> {
    return { kinds: this.#kinds.slice(0, this.length), values: this.#values.slice(0, this.length) }
  }

  #grow(): void {
    const kinds = new Uint8Array(this.#kinds.length * 2)
    const values = new Float64Array(kinds.length)
    kinds.set(this.#kinds)
    values.set(this.#values)
    this.#kinds = kinds
    this.#values = values
  }
}
