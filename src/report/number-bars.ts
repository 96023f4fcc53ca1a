import type { Bar } from './bars.ts'

/** So many rows are shown one by one; more are put into classes. */
const MOST_ROWS = 40
const CLASSES = 12

/** The numbers of a column: each row's own bar, or how they spread where the rows are many. */
export class NumberBars {
  readonly #first: Bar[] = []
  readonly #numbers: number[] = []

  add(label: string, value: number): void {
    if (this.#first.length <= MOST_ROWS) this.#first.push({ label, value })
    this.#numbers.push(value)
  }

  bars(): { spread: boolean; bars: Bar[] } {
    if (this.#numbers.length <= MOST_ROWS) return { spread: false, bars: this.#first }
    return { spread: true, bars: classes(this.#numbers) }
  }
}

/** Classes of equal, round width from the least to the greatest number. */
function classes(numbers: readonly number[]): Bar[] {
  let least = Infinity
  let most = -Infinity
  for (const number of numbers) {
    least = Math.min(least, number)
    most = Math.max(most, number)
  }
  const width = roundUp((most - least) / CLASSES)
  const from = Math.floor(least / width)
  const counts = Array.from({ length: Math.floor(most / width) - from + 1 }, () => 0)
  for (const number of numbers) {
    const index = Math.floor(number / width) - from
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts.map((value, index) => ({ label: classLabel((from + index) * width, width), value }))
}

function classLabel(from: number, width: number): string {
  const tidy = (value: number): string => String(Number(value.toPrecision(12)))
  return `${tidy(from)} to ${tidy(from + width)}`
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundUp(width: number): number {
  if (width <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(width))
  const factor = [1, 2, 5].find((candidate) => candidate * power >= width) ?? 10
  return factor * power
}
