import type { StoredEvent } from '../../event/event.ts'
import type { Database } from './database.ts'
import { readEventDocument } from './event-document.ts'
import { Reading } from './reading.ts'

/** The next documents, in order; null at the end. */
export type Fetch = () => Promise<Buffer[] | null>

/**
 * Events in batches: while the consumer works on one, the next is on its way, and no more than that. Between two
 * batches nothing is held at the server, however long the consumer takes.
 */
export async function* readAhead(
  database: Database,
  begin: (reading: Reading) => Fetch,
): AsyncGenerator<StoredEvent[]> {
  const reading = new Reading(database)
  const fetch = begin(reading)
  const next = (): ReturnType<Fetch> => {
    const pending = fetch()
    // it may fail while nobody waits for it: told when somebody does
    pending.catch(() => undefined)
    return pending
  }
  let pending = next()
  try {
    for (;;) {
      const documents = await pending
      if (documents === null) return
      // asked for first: the server works while this process decodes
      pending = next()
      yield documents.map(toEvent)
    }
  } finally {
    reading.end(pending)
  }
}

/** By the members of an event: what the store keeps beside them stays here. */
export function toEvent(document: Buffer): StoredEvent {
  const read = readEventDocument(document)
  return {
    id: read.id,
    service: read.service,
    type: read.type,
    createdAt: read.createdAt,
    receivedAt: read.receivedAt,
    aggregateId: read.aggregateId,
    correlationId: read.correlationId,
    metaExtra: read.metaExtra,
    payload: read.payload,
    digest: read.digest,
    position: read.position,
  }
}
