import { randomUUID } from 'node:crypto'
import { Timestamp } from 'mongodb'
import type { Backfill } from '../event-store.ts'
import { BACKFILLS } from './backfill-holds.ts'
import { causally } from './causal.ts'
import { afterMs, change, changeOrMake, literal, withFields } from './change.ts'
import type { Database } from './database.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import { foremostOf, readReaders } from './readers.ts'
import type { BackfillDocument } from './schema.ts'

export interface NewBackfill {
  importId: string
  ttlMs: number
  /** Where it has written something already. */
  lowest?: bigint
}

/** First it is written down that it runs, then it looks: backfill-holds.ts says why. */
export function beginBackfill(
  database: Database,
  { importId, ttlMs, lowest }: NewBackfill,
): Promise<Backfill> {
  return causally(database, async (session) => {
    const backfills = database.collection<BackfillDocument>(BACKFILLS)
    const [last] = await database.repeat(() =>
      backfills.find({}, { session }).sort({ _id: -1 }).limit(1).toArray(),
    )
    const call = randomUUID()
    const begun = withFields({
      import_id: literal(importId),
      holds_from: null,
      lowest: lowest === undefined ? null : literal(toTimestamp(lowest, Timestamp)),
      running: true,
      ttl_ms: ttlMs,
      expires_at: afterMs(ttlMs),
      begun_by: call,
    })
    const isMissing = { $eq: [{ $type: '$begun_by' }, 'missing'] }
    const pipeline = [{ $replaceWith: { $cond: [isMissing, begun, '$$ROOT'] } }]
    let number = last?._id ?? 0
    let found: BackfillDocument
    do {
      // the same number is asked for until there is an answer: so none is left behind without an owner
      number += 1
      found = await changeOrMake<BackfillDocument>(database, BACKFILLS, number, pipeline, session)
    } while (found.begun_by !== call)

    const holdsFrom = foremostOf(await readReaders(database, session)) ?? 0n
    const holding = { holds_from: literal(toTimestamp(holdsFrom, Timestamp)) }
    found = (await change<BackfillDocument>(database, BACKFILLS, number, [{ $set: holding }], {
      session,
    })) as BackfillDocument
    return toBackfill(found)
  })
}

export async function endBackfill(database: Database, number: number): Promise<void> {
  await database.repeat(() =>
    database.collection<BackfillDocument>(BACKFILLS).updateOne({ _id: number }, { $set: { running: false } }),
  )
}

export function toBackfill({ _id, import_id, holds_from, lowest, running }: BackfillDocument): Backfill {
  return {
    number: _id,
    importId: import_id,
    // not yet known: readers are told to wait where they are
    holdsFrom: holds_from === null ? 0n : fromTimestamp(holds_from),
    lowest: lowest === null ? null : fromTimestamp(lowest),
    running,
  }
}
