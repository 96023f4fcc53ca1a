import type { EventCounts } from '../event-counts.ts'
import type { CountRow } from './schema.ts'

const DAY_MS = 86_400_000
const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear()

export function addRows(counts: EventCounts, rows: readonly CountRow[]): void {
  for (const { type, days } of rows) {
    for (const [day, events] of Object.entries(days)) counts.addDay(type, Number(day), events)
  }
}

/** A row for each type and year. */
export function toRows(counts: EventCounts): CountRow[] {
  const rows = new Map<string, CountRow>()
  for (const [type, days] of counts.byType) {
    for (const [day, events] of days) {
      const year = yearOf(day)
      const key = `${year} ${type}`
      let row = rows.get(key)
      if (row === undefined) {
        row = { type, year, days: {} }
        rows.set(key, row)
      }
      row.days[day] = (row.days[day] ?? 0) + events
    }
  }
  return [...rows.values()]
}
