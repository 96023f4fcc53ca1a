/** Stretches of a file, joined where they touch. */
export class Ranges {
  /** Sorted; neither touch nor overlap. */
  readonly #ranges: [from: number, to: number][] = []

  add(from: number, to: number): void {
    let first = this.#indexOf(from)
    const before = this.#ranges[first - 1]
    if (before !== undefined && before[1] >= from) first -= 1
    let last = first
    let [start, end] = [from, to]
    for (let range = this.#ranges[last]; range !== undefined && range[0] <= end; range = this.#ranges[last]) {
      start = Math.min(start, range[0])
      end = Math.max(end, range[1])
      last += 1
    }
    this.#ranges.splice(first, last - first, [start, end])
  }

  /** Where the stretch that holds `at` ends; `at` itself where none does. */
  endOf(at: number): number {
    const range = this.#ranges[this.#indexOf(at + 1) - 1]
    return range === undefined || range[1] <= at ? at : range[1]
  }

  has(at: number): boolean {
    return this.endOf(at) > at
  }

  /** The first range that begins at or behind `at`. */
  #indexOf(at: number): number {
    let [low, high] = [0, this.#ranges.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle] as [number, number])[0] < at) low = middle + 1
      else high = middle
    }
    return low
  }
}
