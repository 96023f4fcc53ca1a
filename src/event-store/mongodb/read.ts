import type { LogPoint, StoredEvent } from '../../event/event.ts'
import type { ReadOptions } from '../event-store.ts'
import type { Database } from './database.ts'
import { type Fetch, readAhead, toEvent } from './read-ahead.ts'
import { planRead, type ReadPlan, sliceEnd } from './read-plan.ts'
import { LAST_POSITION, pointOf, Reading, START, uuid } from './reading.ts'

export { newestPosition } from './newest-position.ts'
export { readHistory } from './read-history.ts'

const BATCH_EVENTS = 1000

export async function readEvent(database: Database, id: Uint8Array): Promise<StoredEvent | null> {
  const reading = new Reading(database)
  const pending = reading.find({
    // a tombstone has no position
    filter: { _id: uuid(id), position: { $exists: true } },
    hint: '_id_',
    limit: 1,
  })
  try {
    const [document] = (await pending).documents
    return document === undefined ? null : toEvent(document)
  } finally {
    reading.end(pending)
  }
}

/** Live events in log order. Each batch is a query of its own from where the last one ended. */
export async function* readLog(
  database: Database,
  { after = START, upTo = LAST_POSITION, types, batchEvents = BATCH_EVENTS }: ReadOptions,
): AsyncGenerator<StoredEvent[]> {
  const wanted = types === undefined ? null : [...new Set(types)]
  if (wanted?.length === 0 || upTo < 0n || after.position > LAST_POSITION) return
  const from = after.position < 0n ? START : after
  const end = upTo > LAST_POSITION ? LAST_POSITION : upTo
  yield* readAhead(database, (reading) => fetchLog(reading, planRead(wanted), from, end, batchEvents))
}

function fetchLog(
  reading: Reading,
  plan: ReadPlan,
  after: LogPoint,
  upTo: bigint,
  batchEvents: number,
): Fetch {
  let from = after
  /** The last position of the slice that is being read; undefined: not known yet; null: the rest is one. */
  let end: bigint | null | undefined = plan.scans ? undefined : null
  let isOver = false
  return async () => {
    while (!isOver) {
      if (end === undefined) {
        const [last] = (await reading.find(sliceEnd(from, upTo))).documents
        end = last === undefined ? null : pointOf(last).position
      }
      const query = plan.query(from, end ?? upTo, batchEvents)
      const { documents, isCut } = await reading.find(query)
      const last = documents.at(-1)
      if (isCut && last !== undefined) from = pointOf(last)
      else if (end === null || end === upTo) isOver = true
      else {
        from = { position: end + 1n, id: START.id }
        end = undefined
      }
      if (documents.length > 0) return documents
    }
    return null
  }
}
