/** Numbers that a seed and a number decide: what is drawn by them can be drawn again. Small fast counter, 32 bits. */
export class Random {
  #a: number
  #b: number
  #c = 0
  #counter = 1

  constructor(seed: number, n = 0) {
    this.#a = seed | 0
    this.#b = n | 0
    for (let i = 0; i < 12; i += 1) this.#next()
  }

  /** A whole number from 0 up to, but without, `end`. */
  below(end: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * end)
  }

  chance(share: number): boolean {
    return this.#next() < share * 0x1_0000_0000
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.#next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
