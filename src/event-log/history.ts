import type { StoredEvent } from '../event/event.ts'
import type { EventLog } from './event-log.ts'

export interface History {
  /** null: no event has that id. */
  of: 'aggregate' | 'correlation' | 'both' | null
  events: StoredEvent[]
  truncated: boolean
}

/**
 * The first events of an id, whether it is an aggregate's, a correlation's or both, in log order. Segments have no
 * index by it: each is searched until there are enough.
 *
 * @param onSegment called before a segment is searched, from 1, of how many
 */
export async function readHistory(
  log: EventLog,
  id: string,
  limit: number,
  onSegment?: (nth: number, of: number) => void,
): Promise<History> {
  const events: StoredEvent[] = []
  for await (const batch of log.history(id, onSegment)) {
    events.push(...batch)
    if (events.length > limit) break
  }
  const isAggregate = events.some(({ aggregateId }) => aggregateId === id)
  const isCorrelation = events.some(({ correlationId }) => correlationId === id)
  const one = isAggregate ? 'aggregate' : isCorrelation ? 'correlation' : null
  return {
    of: isAggregate && isCorrelation ? 'both' : one,
    events: events.slice(0, limit),
    truncated: events.length > limit,
  }
}
