import { Binary, Long, Timestamp } from 'mongodb'
import type { ArchivedEvent, LeftEvent, MoveResult, Tombstone, TombstoneSum } from '../catalogue.ts'
import { TombstoneSums } from '../tombstone-sums.ts'
import type { Database } from './database.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import { UUID_SUBTYPE } from './reading.ts'
import { EVENTS } from './schema.ts'
import { bytesOf } from './segment-document.ts'
import { storedUnder } from './stored-under.ts'

interface TombstoneDocument {
  _id: Binary
  archived: Timestamp
  digest: Binary
  segment: number
}

/**
 * Live events to tombstones: the same documents, replaced in place. An event is taken by its id where digest and
 * position are among those of the call as well; both are the event's own, and so are those that are kept.
 */
export async function entomb(
  database: Database,
  number: number,
  events: readonly ArchivedEvent[],
  fence: bigint,
): Promise<MoveResult> {
  const filter = {
    _id: { $in: events.map(({ id }) => new Binary(id, UUID_SUBTYPE)) },
    digest: { $in: events.map(({ digest }) => new Binary(digest)) },
    position: { $in: events.map(({ position }) => toTimestamp(position, Timestamp)) },
    // what a newer holder has brought back stays
    $or: [{ fence: { $exists: false } }, { fence: { $lte: Long.fromBigInt(fence) } }],
  }
  const tombstone = {
    _id: '$_id',
    archived: '$position',
    digest: '$digest',
    segment: { $literal: number },
    append: '$append',
  }
  const { modifiedCount } = await database.repeat(() =>
    database
      .collection<{ _id: Binary }>(EVENTS)
      .updateMany(filter as object, [{ $replaceWith: tombstone }], { hint: '_id_' }),
  )
  if (modifiedCount === events.length) return { moved: modifiedCount, already: 0, left: [] }
  const left = (await storedUnder(database, events)).flatMap((found, index): LeftEvent[] => {
    if (typeof found === 'string') return [{ index, why: found }]
    if (found.segment === number) return []
    return [{ index, why: found.segment === null ? 'live' : 'elsewhere' }]
  })
  return { moved: modifiedCount, already: events.length - modifiedCount - left.length, left }
}

export async function readTombstone(database: Database, id: Uint8Array): Promise<Tombstone | null> {
  const found = await database.repeat(() =>
    database
      .collection<TombstoneDocument>(EVENTS)
      .findOne({ _id: new Binary(id, UUID_SUBTYPE), archived: { $exists: true } }, { hint: '_id_' }),
  )
  if (found === null) return null
  return {
    position: fromTimestamp(found.archived),
    digest: bytesOf(found.digest),
    segment: found.segment,
  }
}

/** Front to back through the collection; anew where the server was lost on the way. */
export function sumTombstones(database: Database): Promise<TombstoneSum[]> {
  return database.repeat(async () => {
    const sums = new TombstoneSums()
    const tombstones = database
      .collection<TombstoneDocument>(EVENTS)
      .find({ archived: { $exists: true } }, { projection: { digest: 1, segment: 1 }, hint: { $natural: 1 } })
    for await (const { _id, digest, segment } of tombstones) sums.add(segment, _id.value(), digest.value())
    return sums.list()
  })
}
