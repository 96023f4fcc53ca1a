import { Binary, Long } from 'mongodb'
import { EventCounts } from '../event-counts.ts'
import type { Database } from './database.ts'
import { EVENTS, type PendingCall } from './schema.ts'

/** Types and days of events. */
export interface Kinds {
  /** Each pair once; days since 1970. */
  kinds: { type: string; day: number }[]
  /** Place in `kinds` of each event. */
  kindOf: Uint32Array<ArrayBuffer>
}
/** What is written down of a call before it sends its events. */
export interface CallEvents extends Kinds {
  /** 16 bytes each. */
  ids: Uint8Array
}

const ID_BYTES = 16
/** Of `created_at`, in days since 1970. */
const DAY = { $toInt: { $floor: { $divide: [{ $toLong: '$meta.created_at' }, 86_400_000] } } }
const IS_ARCHIVED = { $gt: ['$archived', null] }

export function toPending(append: bigint, call: CallEvents, importId: string | undefined): PendingCall {
  return {
    append: Long.fromBigInt(append),
    ids: new Binary(call.ids, 0),
    kinds: call.kinds,
    kind_of: new Binary(new Uint8Array(call.kindOf.buffer), 0),
    ...(importId === undefined ? {} : { import_id: importId }),
  }
}

/**
 * What a call that did not come to its end has stored all the same: those of its ids under which its number stands. A
 * tombstone does not say of what type it was, but the call does.
 */
export async function countPending(database: Database, pending: PendingCall): Promise<EventCounts> {
  const rows = await database.repeat(() =>
    database
      .collection(EVENTS)
      .aggregate<{ _id: { type?: string; day: number | null }; events: number; archived: Binary[] }>([
        { $match: { _id: { $in: idsOf(pending) }, append: pending.append } },
        {
          $group: {
            _id: { type: '$meta.type', day: DAY },
            events: { $sum: 1 },
            archived: { $push: { $cond: [IS_ARCHIVED, '$_id', '$$REMOVE'] } },
          },
        },
      ])
      .toArray(),
  )
  const counts = new EventCounts()
  for (const { _id, events, archived } of rows) {
    if (_id.type === undefined || _id.day === null) countArchived(counts, pending, archived)
    else counts.addDay(_id.type, _id.day, events)
  }
  return counts
}

function countArchived(counts: EventCounts, pending: PendingCall, archived: readonly Binary[]): void {
  const { kinds = [], kind_of: kindOf } = pending
  if (kindOf === undefined) return
  const bytes = kindOf.value()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const places = new Map<string, number>()
  // of equal ids the first was stored
  idsOf(pending).forEach((id, index) => {
    const key = id.toString('hex')
    if (!places.has(key)) places.set(key, view.getUint32(index * 4, true))
  })
  for (const id of archived) {
    const kind = kinds[places.get(id.toString('hex')) ?? -1]
    if (kind !== undefined) counts.addDay(kind.type, kind.day, 1)
  }
}

function idsOf({ ids }: PendingCall): Binary[] {
  const bytes = ids.value()
  const found: Binary[] = []
  for (let at = 0; at < bytes.length; at += ID_BYTES)
    found.push(new Binary(bytes.subarray(at, at + ID_BYTES), 4))
  return found
}
