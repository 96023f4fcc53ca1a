import type { Bar } from './bars.ts'

export type TimeStep = 'hour' | 'day' | 'month' | 'year'

/** Where the label of a step ends in an RFC 3339 text. */
const LENGTH: Readonly<Record<TimeStep, number>> = { hour: 13, day: 10, month: 7, year: 4 }
const DAY_MS = 86_400_000
const MOST_BARS = 400

/** Sums over a time column, gathered by the hour in bounded memory, told in steps that suit the span. */
export class TimeBars {
  readonly #hours = new Map<string, number>()

  /** `at`: RFC 3339 or a date. */
  add(at: string, value: number): void {
    const hour = at.length === LENGTH.day ? `${at}T00` : at.slice(0, LENGTH.hour)
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + value)
  }

  bars(finest: TimeStep): { per: TimeStep; bars: Bar[] } {
    const hours = [...this.#hours.keys()].toSorted()
    const first = hours[0]
    const last = hours.at(-1)
    if (first === undefined || last === undefined) return { per: finest, bars: [] }
    const per = chooseStep(first, last, finest)
    const sums = new Map<string, number>()
    for (const label of steps(first, last, per)) sums.set(label, 0)
    for (const hour of hours) {
      const label = hour.slice(0, LENGTH[per])
      sums.set(label, (sums.get(label) ?? 0) + (this.#hours.get(hour) ?? 0))
    }
    const bars = [...sums].map(([label, value]) => ({ label: labelOf(label), value }))
    return { per, bars }
  }
}

function chooseStep(first: string, last: string, finest: TimeStep): TimeStep {
  const days = (Date.parse(`${last}:00Z`) - Date.parse(`${first}:00Z`)) / DAY_MS
  if (days <= 2 && finest === 'hour') return 'hour'
  if (days <= 62) return 'day'
  return days <= 366 * 6 ? 'month' : 'year'
}

/** All labels from first to last, those without a row too; none where they would be too many. */
function* steps(first: string, last: string, per: TimeStep): Generator<string> {
  const end = last.slice(0, LENGTH[per])
  const at = new Date(`${first}:00Z`)
  if (per === 'month' || per === 'year') at.setUTCDate(1)
  for (let count = 0; count < MOST_BARS; count++) {
    const label = at.toISOString().slice(0, LENGTH[per])
    if (label > end) return
    yield label
    if (per === 'hour') at.setUTCHours(at.getUTCHours() + 1)
    else if (per === 'day') at.setUTCDate(at.getUTCDate() + 1)
    else if (per === 'month') at.setUTCMonth(at.getUTCMonth() + 1)
    else at.setUTCFullYear(at.getUTCFullYear() + 1)
  }
}

function labelOf(step: string): string {
  return step.length === LENGTH.hour ? `${step.replace('T', ' ')}:00` : step
}
