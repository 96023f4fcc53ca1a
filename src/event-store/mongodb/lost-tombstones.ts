import { BSON, Binary, Long, Timestamp } from 'mongodb'
import type { LeftEvent, LostEvent, MoveResult } from '../catalogue.ts'
import { EventCounts } from '../event-counts.ts'
import type { Database } from './database.ts'
import { insertDocuments } from './insert-command.ts'
import type { CallEvents } from './pending-call.ts'
import { toTimestamp } from './position.ts'
import { MAX_TIME_MS, UUID_SUBTYPE } from './reading.ts'
import { storedUnder } from './stored-under.ts'
import { Writers } from './writers.ts'

const DAY_MS = 86_400_000

/**
 * Tombstones for ids that are neither live nor archived. They are counted as events that are appended are: number and
 * ids are written down before, so that each counts once, whenever this is cut off.
 */
export async function addTombstones(
  database: Database,
  number: number,
  events: readonly LostEvent[],
): Promise<MoveResult> {
  const writers = new Writers(database, 1)
  try {
    const writer = await writers.take()
    const append = await writer.begin(callOf(events))
    // it was made just now
    if (append === null) throw new Error('a new writer was taken for gone')
    const documents = Buffer.concat(events.map((event) => BSON.serialize(toDocument(event, number, append))))
    await database.repeat(() => insertDocuments(database, documents, MAX_TIME_MS))
    const { result, counts } = outcome(await storedUnder(database, events), events, number, append)
    writer.end(counts)
    writers.give(writer)
    return result
  } finally {
    await writers.close()
  }
}

function callOf(events: readonly LostEvent[]): CallEvents {
  const ids = new Uint8Array(events.length * 16)
  const kinds: CallEvents['kinds'] = []
  const places = new Map<string, number>()
  const kindOf = Uint32Array.from(events, ({ id, type, createdAt }, index) => {
    ids.set(id, index * 16)
    const day = Math.floor(createdAt / DAY_MS)
    const key = `${day} ${type}`
    const place = places.get(key) ?? kinds.push({ type, day }) - 1
    places.set(key, place)
    return place
  })
  return { ids, kinds, kindOf }
}

function toDocument({ id, position, digest }: LostEvent, number: number, append: bigint) {
  return {
    _id: new Binary(id, UUID_SUBTYPE),
    archived: toTimestamp(position, Timestamp),
    digest: new Binary(digest),
    segment: number,
    append: Long.fromBigInt(append),
  }
}

function outcome(
  stored: Awaited<ReturnType<typeof storedUnder>>,
  events: readonly LostEvent[],
  number: number,
  append: bigint,
): { result: MoveResult; counts: EventCounts } {
  const counts = new EventCounts()
  const result: MoveResult = { moved: 0, already: 0, left: [] }
  const leave = (index: number, why: LeftEvent['why']): void => void result.left.push({ index, why })
  for (const [index, found] of stored.entries()) {
    const { type, createdAt } = events[index] as LostEvent
    if (typeof found === 'string') leave(index, found)
    else if (found.append === append) {
      result.moved += 1
      counts.add(type, createdAt)
    } else if (found.segment === null) leave(index, 'live')
    else if (found.segment === number) result.already += 1
    else leave(index, 'elsewhere')
  }
  return { result, counts }
}
