import type { ClientSession } from 'mongodb'
import type { Database } from './database.ts'
import { fromTimestamp } from './position.ts'
import { MAX_TIME_MS, timestamp } from './reading.ts'
import { BY_POSITION, EVENTS } from './schema.ts'

/** The highest position in the log, from the end of its index; 0n for an empty one. */
export function newestPosition(database: Database): Promise<bigint> {
  return database.repeat(() => lookForNewest(database))
}

/** The same, tried once. */
export async function lookForNewest(database: Database, session?: ClientSession): Promise<bigint> {
  const newest = await database.collection(EVENTS).findOne(
    { position: { $gte: timestamp(0n) } },
    {
      sort: { position: -1, _id: -1 },
      projection: { _id: 0, position: 1 },
      hint: BY_POSITION.name,
      maxTimeMS: MAX_TIME_MS,
      ...(session !== undefined && { session }),
    },
  )
  return newest === null ? 0n : fromTimestamp(newest['position'])
}
