import type { Document } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import type { LogSummary } from '../event-store.ts'
import { elementEnd, int32From } from './bson-types.ts'
import type { Database } from './database.ts'
import { positionOf } from './position.ts'
import { range } from './read-plan.ts'
import { idsUpTo, LAST_POSITION, MAX_TIME_MS, START, timestamp } from './reading.ts'
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
  if (upTo.position < 0n || after.position > LAST_POSITION) return { events, idsXor }
  let from = after.position < 0n ? START : after
  const session = database.session()
  try {
    for (;;) {
      const step = summaryStep(from, upTo)
      const options = { hint: BY_POSITION.name, raw: true, maxTimeMS: MAX_TIME_MS, session }
      const [document] = await database.repeat(() =>
        database.collection(EVENTS).aggregate(step, options).toArray(),
      )
      if (document === undefined) return { events, idsXor }
      const taken = takeStep(document as unknown as Buffer, idsXor)
      events += taken.ids
      if (taken.ids < STEP_EVENTS) return { events, idsXor }
      from = taken.last
    }
  } finally {
    await session.endSession()
  }
}

/** A document `{_id: null, last, ids: […]}`, or none. */
export function summaryStep(from: LogPoint, upTo: LogPoint): Document[] {
  const last = upTo.position > LAST_POSITION ? LAST_POSITION : upTo.position
  const end = [{ position: { $lt: timestamp(last) } }, { _id: idsUpTo(upTo.id) }]
  const { $or: begin, ...positions } = range(from, last)
  return [
    { $match: { ...positions, $and: [{ $or: begin }, ...(last < upTo.position ? [] : [{ $or: end }])] } },
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
