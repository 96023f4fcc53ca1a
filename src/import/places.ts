/** Where something stands in a source. */
export interface Place {
  record: number
  line: number
  byteOffset: number
}

/** Many places, as numbers side by side: objects that live until a store has answered would cost more. */
export class Places {
  readonly #numbers: number[] = []

  get length(): number {
    return this.#numbers.length / 3
  }

  add({ record, line, byteOffset }: Place): void {
    this.#numbers.push(record, line, byteOffset)
  }

  at(index: number): Place {
    const [record = 0, line = 0, byteOffset = 0] = this.#numbers.slice(3 * index, 3 * index + 3)
    return { record, line, byteOffset }
  }
}
