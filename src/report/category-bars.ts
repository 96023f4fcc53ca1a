import type { Bar } from './bars.ts'

const MOST_BARS = 20
/** Different values that are told apart; what comes after them is counted together. */
const MOST_VALUES = 100_000

/** Sums by value, the greatest first; values beyond the twentieth are one bar. */
export class CategoryBars {
  readonly #sums = new Map<string, number>()
  #beyond = 0

  add(value: string, amount: number): void {
    const label = value === '' ? '(not set)' : value
    const sum = this.#sums.get(label)
    if (sum === undefined && this.#sums.size >= MOST_VALUES) this.#beyond += amount
    else this.#sums.set(label, (sum ?? 0) + amount)
  }

  bars(): Bar[] {
    const all = [...this.#sums]
      .map(([label, value]) => ({ label, value }))
      .toSorted((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1))
    const rest = all.slice(MOST_BARS)
    const others = rest.reduce((sum, { value }) => sum + value, this.#beyond)
    const bars = all.slice(0, MOST_BARS)
    return rest.length > 0 ? [...bars, { label: `(${rest.length} others)`, value: others }] : bars
  }
}
