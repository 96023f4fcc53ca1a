import type { Document } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import { endOf } from '../../event/log-order.ts'
import type { LogSummary } from '../event-store.ts'
import { elementEnd, int32From } from './bson-types.ts'
import type { Database } from './database.ts'
import { positionOf } from './position.ts'
import { idsAbove, idsUpTo, LAST_POSITION, MAX_TIME_MS, START, timestamp } from './reading.ts'
import { BY_POSITION, EVENTS } from './schema.ts'

/** Ids taken in one step: a reply of 2.8 MB. */
const STEP_EVENTS = 100_000
const ID_BYTES = 16

/**
 * Number of events and XOR of their ids in (after, upTo]. The server strings the ids of a step together into one
 * document, from the index alone: a document for each would cost twenty times as much here.
 */
export async function summarise(database: Database, after: LogPoint, upTo: LogPoint): Promise<LogSummary> {
  const idsXor = new Uint8Array(ID_BYTES)
  let events = 0
  if (after.position > LAST_POSITION) return { events, idsXor }
  let from = after.position < 0n ? START : after
  const end = upTo.position > LAST_POSITION ? endOf(LAST_POSITION) : upTo
  const session = database.session()
  try {
    let isWhole = false
    while (!isWhole) {
      isWhole = true
      for (const section of sections(from, end)) {
        const [document] = await database.repeat(() =>
          database
            .collection(EVENTS)
            .aggregate(summaryStep(section), {
              hint: BY_POSITION.name,
              raw: true,
              maxTimeMS: MAX_TIME_MS,
              session,
            })
            .toArray(),
        )
        if (document === undefined) continue
        const taken = takeStep(document as unknown as Buffer, idsXor)
        events += taken.ids
        isWhole = taken.ids < STEP_EVENTS
        from = taken.last
        if (!isWhole) break
      }
    }
    return { events, idsXor }
  } finally {
    await session.endSession()
  }
}

/**
 * (after, upTo] as ranges of the index. As one condition with alternatives in it the server would fetch each document
 * to check it.
 */
export function sections(after: LogPoint, upTo: LogPoint): Document[] {
  const [first, last] = [timestamp(after.position), timestamp(upTo.position)]
  if (after.position > upTo.position) return []
  if (after.position === upTo.position) {
    return [{ position: first, _id: { ...idsAbove(after.id), ...idsUpTo(upTo.id) } }]
  }
  return [
    { position: first, _id: idsAbove(after.id) },
    { position: { $gt: first, $lt: last } },
    { position: last, _id: idsUpTo(upTo.id) },
  ]
}

/** A document `{_id: null, last, ids: […]}`, or none. */
export function summaryStep(section: Document): Document[] {
  return [
    { $match: section },
    { $sort: { position: 1, _id: 1 } },
    { $limit: STEP_EVENTS },
    { $group: { _id: null, last: { $last: '$position' }, ids: { $push: '$_id' } } },
  ]
}

/** Adds the ids to `xor`. */
function takeStep(document: Buffer, xor: Uint8Array): { ids: number; last: LogPoint } {
  let position = -1n
  let ids = 0
  let lastIdAt = 0
  for (let at = 4; document[at] !== 0; at = elementEnd(document, at)) {
    const nameEnd = document.indexOf(0, at + 1)
    const name = document.toString('latin1', at + 1, nameEnd)
    const valueAt = nameEnd + 1
    if (name === 'last') position = positionOf(int32From(document, valueAt + 4), int32From(document, valueAt))
    if (name !== 'ids') continue
    // each: type, index in digits, NUL, length, subtype, 16 bytes
    let idAt = valueAt + 4
    for (; document[idAt] !== 0; idAt += ID_BYTES) {
      while (document[idAt] !== 0) idAt += 1
      idAt += 6
      for (let i = 0; i < ID_BYTES; i += 1) xor[i]! ^= document[idAt + i]!
      lastIdAt = idAt
      ids += 1
    }
  }
  return { ids, last: { position, id: Buffer.from(document.subarray(lastIdAt, lastIdAt + ID_BYTES)) } }
}
