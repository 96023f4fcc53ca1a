import type { ClientSession } from 'mongodb'
import { readHead } from './catalogue-head.ts'
import { causally } from './causal.ts'
import type { Database } from './database.ts'
import { fromTimestamp } from './position.ts'
import { MAX_TIME_MS, timestamp } from './reading.ts'
import { BY_POSITION, EVENTS } from './schema.ts'

/** The highest position ever given, live or archived; 0n for an empty log. */
export function newestPosition(database: Database): Promise<bigint> {
  return causally(database, async (session) => {
    const live = await database.repeat(() => lookForNewest(database, session))
    // what was archived before that look is in the catalogue now
    const head = await readHead(database, session)
    const archived = head?.highest === undefined ? 0n : fromTimestamp(head.highest)
    return archived > live ? archived : live
  })
}

/** Of the live events, from the end of their index; tried once. */
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
