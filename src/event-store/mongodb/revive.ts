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

/** Of one command, which may hold 48 MB at most. */
const COMMAND_BYTES = 4 * 1024 * 1024
/** Until the server has given back that of the tombstone. */
const NO_APPEND = -1n

/**
 * Only a tombstone of the segment becomes the event, which keeps the number of the call that once wrote it. That is
 * asked here and not in the filter: by its id alone the server finds a document without planning a query.
 */
const PIPELINE = elements({
  u: [
    {
      $replaceWith: {
        $cond: [
          { $eq: ['$segment', '$$segment'] },
          { $mergeObjects: ['$$event', { append: '$append' }] },
          '$$ROOT',
        ],
      },
    },
  ],
})

/** Tombstones of a segment to live events, in place, with the token under which they come back. */
export async function revive(
  database: Database,
  number: number,
  events: readonly StoredEvent[],
  fence: bigint,
): Promise<MoveResult> {
  let moved = 0
  for (const updates of commands(number, events, fence)) {
    moved += await database.repeat(() => update(database, updates))
  }
  if (moved === events.length) return { moved, already: 0, left: [] }
  const left = (await storedUnder(database, events)).flatMap((found, index): LeftEvent[] => {
    if (typeof found === 'string') return [{ index, why: found }]
    return found.segment === null ? [] : [{ index, why: 'elsewhere' }]
  })
  return { moved, already: events.length - moved - left.length, left }
}

function* commands(
  number: number,
  events: readonly StoredEvent[],
  fence: bigint,
): Generator<DocumentSequence> {
  const documents = new EventDocuments()
  const segment = elements({ segment: number })
  let updates = new DocumentSequence('updates')
  let sizeBytes = 0
  for (const event of events) {
    documents.add(event, NO_APPEND, fence)
    const statement = replacement(event, segment, documents.take())
    if (sizeBytes > 0 && sizeBytes + statement.length > COMMAND_BYTES) {
      yield updates
      updates = new DocumentSequence('updates')
      sizeBytes = 0
    }
    updates.push({}, statement)
    sizeBytes += statement.length
  }
  if (sizeBytes > 0) yield updates
}

/** `{q: {_id}, u: PIPELINE, c: {segment, event}}` as bytes: the document is ready, and exact as only bytes are. */
function replacement({ id }: StoredEvent, segment: Uint8Array, event: Uint8Array): Uint8Array {
  return document(
    elements({ q: { _id: new Binary(id, UUID_SUBTYPE) } }),
    PIPELINE,
    Buffer.from('\u0003c\0'),
    document(segment, Buffer.from('\u0003event\0'), event),
  )
}

function document(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(4), ...parts, Buffer.alloc(1)])
  int32At(bytes, 0, bytes.length)
  return bytes
}

/** The members of a document, without what is around them. */
function elements(of: object): Uint8Array {
  return BSON.serialize(of).subarray(4, -1)
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
