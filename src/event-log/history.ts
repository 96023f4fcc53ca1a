import type { StoredEvent } from '../event/event.ts'
import type { EventStore } from '../event-store/event-store.ts'

export interface History {
  /** null: no event has that id. */
  of: 'aggregate' | 'correlation' | 'both' | null
  events: StoredEvent[]
  truncated: boolean
}

/** The events of an id, whether it is an aggregate's, a correlation's or both, in log order, each once. */
export async function readHistory(store: EventStore, id: string, limit: number): Promise<History> {
  const aggregate = await firstEvents(store.history({ aggregateId: id }), limit)
  const correlation = await firstEvents(store.history({ correlationId: id }), limit)
  const seen = new Set<string>()
  const events = [...aggregate, ...correlation]
    .filter((event) => {
      const key = Buffer.from(event.id).toString('latin1')
      return seen.has(key) ? false : seen.add(key)
    })
    .toSorted((a, b) =>
      a.position < b.position ? -1 : a.position > b.position ? 1 : Buffer.compare(a.id, b.id),
    )
  const of =
    aggregate.length === 0
      ? correlation.length === 0
        ? null
        : 'correlation'
      : correlation.length === 0
        ? 'aggregate'
        : 'both'
  return { of, events: events.slice(0, limit), truncated: events.length > limit }
}

async function firstEvents(batches: AsyncIterable<StoredEvent[]>, limit: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const batch of batches) {
    events.push(...batch)
    if (events.length > limit) break
  }
  return events
}
