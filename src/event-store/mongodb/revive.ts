import { BSON, Binary, MongoServerError } from 'mongodb'
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js'
import type { StoredEvent } from '../../event/event.ts'
import type { LeftEvent, MoveResult } from '../catalogue.ts'
import { int32At } from './bson-buffer.ts'
import type { Database } from './database.ts'
import { EventDocuments } from './event-document.ts'
import { UUID_SUBTYPE } from './reading.ts'
import { EVENTS } from './schema.ts'
import { storedUnder } from './stored-under.ts'

interface UpdateReply {
  nModified: number
  writeErrors?: { code: number; errmsg: string }[]
  writeConcernError?: { code: number; errmsg: string }
}

/**
 * Tombstones of a segment to live events, in place, with the number of the call that once wrote them, and the token
 * under which they come back.
 */
export async function revive(
  database: Database,
  number: number,
  events: readonly StoredEvent[],
  fence: bigint,
): Promise<MoveResult> {
  const result: MoveResult = { moved: 0, already: 0, left: [] }
  const updates = new DocumentSequence('updates')
  const documents = new EventDocuments()
  let open = 0
  const left: LeftEvent[] = result.left
  for (const [index, found] of (await storedUnder(database, events)).entries()) {
    const event = events[index] as StoredEvent
    if (typeof found === 'string') left.push({ index, why: found })
    else if (found.segment === null) result.already += 1
    else if (found.segment !== number) left.push({ index, why: 'elsewhere' })
    else {
      documents.add(event, found.append, fence)
      updates.push({}, replacement(event, number, documents.take()))
      open += 1
    }
  }
  if (open === 0) return result
  result.moved = await database.repeat(() => update(database, updates))
  result.already += open - result.moved
  return result
}

/** `{q, u}` as bytes: the document is ready, and exact as only bytes are. */
function replacement(event: StoredEvent, number: number, document: Uint8Array): Uint8Array {
  const filter = BSON.serialize({ _id: new Binary(event.id, UUID_SUBTYPE), segment: number })
  const statement = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from('\u0003q\0'),
    filter,
    Buffer.from('\u0003u\0'),
    document,
    Buffer.alloc(1),
  ])
  int32At(statement, 0, statement.length)
  return statement
}

async function update({ db }: Database, updates: DocumentSequence): Promise<number> {
  const reply = (await db.command({
    update: EVENTS,
    ordered: false,
    writeConcern: { w: 'majority', j: true },
    updates,
  })) as unknown as UpdateReply
  const failed = reply.writeErrors?.[0] ?? reply.writeConcernError
  if (failed !== undefined) throw new MongoServerError(failed)
  return reply.nModified
}
