import { type ClientSession, type Document, Timestamp } from 'mongodb'
import { backfillOver, belowReaders } from '../backfill-errors.ts'
import type { BackfillHandle } from '../event-store.ts'
import { BACKFILLS, HAS_NOT_RUN_OUT } from './backfill-holds.ts'
import { beginBackfill, endBackfill } from './begin-backfill.ts'
import { causally } from './causal.ts'
import { literal } from './change.ts'
import type { Database } from './database.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import { foremostOf, reachOf, readReaders } from './readers.ts'
import type { BackfillDocument } from './schema.ts'

/** What prolongs a backfill may ask of it, and change in it, in the same step. */
interface Prolonging {
  where?: Document
  set?: Document
  session?: ClientSession
}

/**
 * Before events of a backfill are written: prolongs it and enters the lowest position that they will have.
 *
 * @param lowest of those that are new, as far as is known; null: none is
 * @throws DemetraError DEMETRA_BACKFILL_BELOW_READERS or DEMETRA_BACKFILL_OVER; then nothing may be written
 */
export async function prepareBackfill(
  database: Database,
  { number, staleReports }: BackfillHandle,
  lowest: bigint | null,
): Promise<void> {
  if (lowest === null) {
    if (!(await prolong(database, number, {}))) throw backfillOver(number)
    return
  }
  const entering = { lowest: { $min: ['$lowest', stamp(lowest)] } }
  // while it runs no reader is above what it holds from: nobody has to be asked there
  const where = staleReports ? {} : { holds_from: { $lt: toTimestamp(lowest, Timestamp) } }
  if (await prolong(database, number, { where, set: entering })) return
  if (staleReports) throw backfillOver(number)
  await enterBelowHold(database, number, lowest, entering)
}

/**
 * At or below what it holds from, where a reader may come at any time: first it holds them lower down, then it
 * looks. A look before that refuses what can be refused without a trace; a refusal by the second one leaves the
 * lower `lowest` behind, by which the reader that came in between is told stale.
 */
async function enterBelowHold(
  database: Database,
  number: number,
  lowest: bigint,
  entering: Document,
): Promise<void> {
  await causally(database, async (session) => {
    const backfill = await database.repeat(() =>
      database
        .collection<BackfillDocument>(BACKFILLS)
        .findOne({ _id: number, running: true, $expr: HAS_NOT_RUN_OUT }, { session }),
    )
    if (backfill === null) throw backfillOver(number)
    const hold = backfill.holds_from === null ? undefined : fromTimestamp(backfill.holds_from)
    await refuseBelowReaders(database, session, lowest, hold)
    const set = { ...entering, holds_from: { $min: ['$holds_from', stamp(lowest - 1n)] } }
    if (!(await prolong(database, number, { set, session }))) throw backfillOver(number)
    await refuseBelowReaders(database, session, lowest, hold)
  })
}

async function refuseBelowReaders(
  database: Database,
  session: ClientSession,
  lowest: bigint,
  hold: bigint | undefined,
): Promise<void> {
  const readers = await readReaders(database, session)
  const names = readers.filter((reader) => reachOf(reader, hold) >= lowest).map(({ _id }) => _id.name)
  if (names.length > 0) throw belowReaders(names)
}

/**
 * After they were written: where the backfill ran out while they were on their way, readers may have passed them.
 * Those are told stale then by a backfill of its own, since the old one counts as known to them.
 *
 * @throws DemetraError DEMETRA_BACKFILL_OVER; the events are stored
 */
export async function confirmBackfill(
  database: Database,
  { number }: BackfillHandle,
  lowest: bigint,
): Promise<void> {
  if (await prolong(database, number, {})) return
  const over = await database.repeat(() =>
    database.collection<BackfillDocument>(BACKFILLS).findOne({ _id: number }),
  )
  if (over !== null) {
    const { import_id: importId, ttl_ms: ttlMs } = over
    const late = await beginBackfill(database, { importId, ttlMs, lowest })
    await endBackfill(database, late.number)
  }
  throw backfillOver(number)
}

/** How far the foremost reader has read or is about to; null: there is none. */
export async function foremostReader(database: Database): Promise<bigint | null> {
  return foremostOf(await readReaders(database))
}

/** False: it is over, or is not as asked for. */
async function prolong(
  database: Database,
  number: number,
  { where = {}, set = {}, session }: Prolonging,
): Promise<boolean> {
  const { matchedCount } = await database.repeat(() =>
    database
      .collection<BackfillDocument>(BACKFILLS)
      .updateOne(
        { _id: number, running: true, $expr: HAS_NOT_RUN_OUT, ...where },
        [{ $set: { expires_at: { $add: ['$$NOW', '$ttl_ms'] }, ...set } }],
        { ...(session && { session }) },
      ),
  )
  return matchedCount === 1
}

function stamp(position: bigint): Document {
  return literal(toTimestamp(position < 0n ? 0n : position, Timestamp))
}
