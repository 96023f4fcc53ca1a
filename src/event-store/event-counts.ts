import type { StoreStatistics } from './event-store.ts'

const DAY_MS = 86_400_000
/** How many rows of `days` the statistics of a store show. */
export const DAYS_SHOWN = 1000

/** `2016-01-31`, of a day in days since 1970. */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** Numbers of events by type and UTC day of `created_at`. */
export class EventCounts {
  readonly #byType = new Map<string, Map<number, number>>()
  /** Pairs of type and day. */
  size = 0

  /** @param events negative for events that leave the live ones */
  add(type: string, createdAtMs: number, events = 1): void {
    this.addDay(type, Math.floor(createdAtMs / DAY_MS), events)
  }

  addDay(type: string, day: number, events: number): void {
    let days = this.#byType.get(type)
    if (days === undefined) {
      days = new Map()
      this.#byType.set(type, days)
    }
    const before = days.get(day)
    if (before === undefined) this.size += 1
    days.set(day, (before ?? 0) + events)
  }

  addAll(other: EventCounts): void {
    for (const [type, days] of other.byType) for (const [day, events] of days) this.addDay(type, day, events)
  }

  /** Days in days since 1970. */
  get byType(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return this.#byType
  }

  types(): StoreStatistics['types'] {
    const types = [...this.#byType].map(([type, days]) => {
      let [events, first, last] = [0, Infinity, -Infinity]
      for (const [day, count] of days) {
        events += count
        first = Math.min(first, day)
        last = Math.max(last, day)
      }
      return { type, events, firstDay: dayText(first), lastDay: dayText(last) }
    })
    return types.toSorted((a, b) => (a.type < b.type ? -1 : 1))
  }

  /** Newest first, by type within a day. */
  newestDays(limit: number): StoreStatistics['days'] {
    const rows = [...this.#byType].flatMap(([type, days]) =>
      [...days].map(([day, events]) => ({ day, type, events })),
    )
    return rows
      .toSorted((a, b) => b.day - a.day || (a.type < b.type ? -1 : 1))
      .slice(0, limit)
      .map(({ day, type, events }) => ({ day: dayText(day), type, events }))
  }
}
