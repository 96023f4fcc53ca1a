import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterMs, changeOrMake, literal, withFields } from '../../event-store/mongodb/change.ts'
import type { Database } from '../../event-store/mongodb/database.ts'
import { isGone, leaseOwner } from '../../process-owner.ts'
import { busy } from './report-errors.ts'
import { NUMBERS, type NumbersDocument } from './schema.ts'

/** By the server's clock; what is done under it takes milliseconds. */
const LOCKED_MS = 30_000
/** By our own clock: later than this nothing is begun any more. */
const SAFE_MS = 10_000
const PATIENCE_MS = 40_000
const AGAIN_AFTER_MS = 25

/** Throws where the lock was taken so long ago that another may have it soon. */
export type StillLocked = () => void

/**
 * Runs `work` while nobody else makes, shows or drops generations of this report. A view cannot be changed by
 * compare-and-set, nor in a transaction.
 */
export async function withReportLock<Result>(
  database: Database,
  name: string,
  work: (stillLocked: StillLocked) => Promise<Result>,
): Promise<Result> {
  const call = randomUUID()
  const lockedAt = await lock(database, name, call)
  try {
    return await work(() => {
      if (performance.now() - lockedAt > SAFE_MS) throw busy(`the report ${name} took too long`, database.url)
    })
  } finally {
    // where this fails, the lock runs out
    await unlock(database, name, call).catch(() => undefined)
  }
}

/** When it was asked for, on the clock of performance.now(). */
async function lock(database: Database, name: string, call: string): Promise<number> {
  const isFree = { $or: [{ $eq: [{ $ifNull: ['$lock', null] }, null] }, { $lt: ['$locked_until', '$$NOW'] }] }
  const taken = withFields({ lock: call, locked_by: literal(leaseOwner()), locked_until: afterMs(LOCKED_MS) })
  const isOurs = { $eq: ['$lock', call] }
  const pipeline = [{ $replaceWith: { $cond: [{ $or: [isFree, isOurs] }, taken, '$$ROOT'] } }]
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const askedAt = performance.now()
    const found = await changeOrMake<NumbersDocument>(database, NUMBERS, name, pipeline)
    if (found.lock === call) return askedAt
    // of a process that was killed on this machine: nobody waits for it
    if (isGone(found.locked_by ?? '')) await unlock(database, name, found.lock ?? null)
    else if (performance.now() > giveUpAt) throw busy(`another changes the report ${name}`, database.url)
    else await delay(AGAIN_AFTER_MS)
  }
}

async function unlock(database: Database, name: string, call: string | null): Promise<void> {
  const numbers = database.collection<NumbersDocument>(NUMBERS)
  await database.repeat(() => numbers.updateOne({ _id: name, lock: call }, { $set: { lock: null } }))
}

/** A number that no generation of this report ever had. */
export async function nextGeneration(database: Database, name: string): Promise<number> {
  const next = { $add: [{ $ifNull: ['$last_generation', 0] }, 1] }
  const made = await changeOrMake<NumbersDocument>(database, NUMBERS, name, [
    { $set: { last_generation: next } },
  ])
  return made.last_generation ?? 1
}

/** Whether this number was given to a generation once. */
export async function wasNumbered(database: Database, name: string, generation: number): Promise<boolean> {
  const numbers = database.collection<NumbersDocument>(NUMBERS)
  const found = await database.repeat(() => numbers.findOne({ _id: name }))
  return generation <= (found?.last_generation ?? 0)
}
