import { Binary, Long, type Timestamp } from 'mongodb'
import type { ArchivedEvent } from '../catalogue.ts'
import type { Database } from './database.ts'
import { keyOf } from './piece.ts'
import { fromTimestamp } from './position.ts'
import { MAX_TIME_MS, UUID_SUBTYPE } from './reading.ts'
import { EVENTS } from './schema.ts'

/** What stands under the id of an event: nothing, something else, the event itself, or its tombstone. */
export type StoredUnder =
  'unknown' | 'differs' | { append: bigint; /** null: it is live. */ segment: number | null }

interface Row {
  _id: Binary
  position?: Timestamp
  archived?: Timestamp
  digest: Binary
  segment?: number
  append?: Long
}

/** In the order of the events. */
export async function storedUnder(
  database: Database,
  events: readonly ArchivedEvent[],
): Promise<StoredUnder[]> {
  const filter = { _id: { $in: events.map(({ id }) => new Binary(id, UUID_SUBTYPE)) } }
  const rows = await database.repeat(() =>
    database
      .collection<Row>(EVENTS)
      .find(filter, {
        projection: { position: 1, archived: 1, digest: 1, segment: 1, append: 1 },
        hint: '_id_',
        promoteLongs: false,
        maxTimeMS: MAX_TIME_MS,
      })
      .toArray(),
  )
  const byId = new Map(rows.map((row) => [keyOf(row._id.value()), row]))
  return events.map((event) => compare(byId.get(keyOf(event.id)), event))
}

function compare(row: Row | undefined, { position, digest }: ArchivedEvent): StoredUnder {
  if (row === undefined) return 'unknown'
  const stamp = row.position ?? row.archived
  if (stamp === undefined || fromTimestamp(stamp) !== position) return 'differs'
  if (Buffer.compare(row.digest.value(), digest) !== 0) return 'differs'
  const append = row.append === undefined ? -1n : Long.fromValue(row.append).toBigInt()
  return { append, segment: row.position === undefined ? Number(row.segment) : null }
}
