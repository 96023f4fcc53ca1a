import type { StoredEvent } from '../event/event.ts'
import type { EventStore, ReadOptions } from '../event-store/event-store.ts'

export interface LogFilter extends ReadOptions {
  /** Only events of this aggregate. */
  aggregateId?: string
  /** Only events of this correlation. */
  correlationId?: string
}

/**
 * The event log as one sequence in (position, id) order, in batches and bounded memory. Today it is what the
 * event store holds; segments of the archive are merged in here.
 */
export async function* readLog(store: EventStore, filter: LogFilter = {}): AsyncGenerator<StoredEvent[]> {
  const { aggregateId, correlationId, ...options } = filter
  if (aggregateId === undefined && correlationId === undefined) {
    yield* store.read(options)
    return
  }
  const of = aggregateId === undefined ? { correlationId: correlationId as string } : { aggregateId }
  const wanted = (event: StoredEvent): boolean =>
    (options.upTo === undefined || event.position <= options.upTo) &&
    (options.after === undefined || event.position > options.after.position) &&
    (options.types === undefined || options.types.includes(event.type)) &&
    (correlationId === undefined || event.correlationId === correlationId)
  for await (const batch of store.history(of)) {
    const events = batch.filter(wanted)
    if (events.length > 0) yield events
  }
}
