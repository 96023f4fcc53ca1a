import type { StoredEvent } from '../../event/event.ts'
import type { Database } from './database.ts'
import { type Fetch, readAhead } from './read-ahead.ts'
import { LAST_POSITION, pointOf, type Query, type Reading, timestamp } from './reading.ts'
import { BY_AGGREGATE, BY_CORRELATION } from './schema.ts'

const BATCH_EVENTS = 1000
const IN_ORDER = { position: 1 }

/**
 * All events of an aggregate or a correlation, by their own index. It has no id in it, to be small: equal positions are
 * put in order here, and each batch ends before a position of which there may be more.
 */
export function readHistory(
  database: Database,
  of: { aggregateId: string } | { correlationId: string },
): AsyncGenerator<StoredEvent[]> {
  const [wanted, hint] =
    'aggregateId' in of
      ? [{ 'meta.aggregate_id': of.aggregateId }, BY_AGGREGATE.name]
      : [{ 'meta.correlation_id': of.correlationId }, BY_CORRELATION.name]
  return readAhead(database, (reading) => fetchHistory(reading, wanted, hint))
}

/** The next events of a history, from a position on. */
export function historyQuery(wanted: Record<string, string>, hint: string, from: bigint): Query {
  const filter = { ...wanted, position: { $gte: timestamp(from) } }
  return { filter, sort: IN_ORDER, hint, limit: BATCH_EVENTS }
}

function fetchHistory(reading: Reading, wanted: Record<string, string>, hint: string): Fetch {
  let from: bigint | null = 0n
  return async () => {
    if (from === null) return null
    const { documents, isCut } = await reading.find(historyQuery(wanted, hint, from))
    if (documents.length === 0) return null
    const positions = documents.map((document) => pointOf(document).position)
    const last = positions.at(-1) as bigint
    if (!isCut) {
      from = null
      return inOrder(documents)
    }
    const whole = positions.indexOf(last)
    if (whole > 0) {
      from = last
      return inOrder(documents.slice(0, whole))
    }
    // nothing but one position, which may go on: such a group is taken at once
    from = last === LAST_POSITION ? null : last + 1n
    return inOrder(await reading.findAll({ filter: { ...wanted, position: timestamp(last) }, hint }))
  }
}

function inOrder(documents: readonly Buffer[]): Buffer[] {
  return documents
    .map((document) => ({ document, ...pointOf(document) }))
    .toSorted((a, b) =>
      a.position === b.position ? Buffer.compare(a.id, b.id) : a.position < b.position ? -1 : 1,
    )
    .map(({ document }) => document)
}
