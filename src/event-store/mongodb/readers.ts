import { randomUUID } from 'node:crypto'
import { type ClientSession, Timestamp } from 'mongodb'
import type { Reader, ReaderRegister } from '../event-store.ts'
import { heldFrom } from './backfill-holds.ts'
import { causally } from './causal.ts'
import { changeOrMake, literal, withFields } from './change.ts'
import type { Database } from './database.ts'
import { fromTimestamp, toTimestamp } from './position.ts'
import type { ReaderDocument } from './schema.ts'

const READERS = 'demetra_readers'

type ReaderName = Pick<Reader, 'reportStore' | 'name' | 'generation'>

export class MongoReaders implements ReaderRegister {
  readonly #open: () => Promise<Database>

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  /** First what it wants is written down, then it looks: backfill-holds.ts says why. */
  async advance(reader: Reader): Promise<{ mayReadTo: bigint }> {
    const database = await this.#open()
    const id = idOf(reader)
    const call = randomUUID()
    const wanted = toTimestamp(reader.readTo, Timestamp)
    const wanting = {
      read_to: { $ifNull: ['$read_to', literal(toTimestamp(0n, Timestamp))] },
      wants: { $max: ['$wants', literal(wanted)] },
      wanted_by: call,
      heard_at: '$$NOW',
    }
    return causally(database, async (session) => {
      const before = await changeOrMake<ReaderDocument>(
        database,
        READERS,
        id,
        [{ $replaceWith: withFields(wanting) }],
        session,
      )
      const held = await heldFrom(database, session, fromTimestamp(before.read_to))
      const mayReadTo = held !== null && held < reader.readTo ? held : reader.readTo
      // what another call wants as well is its own to take back
      const isOwn = { $and: [{ $eq: ['$wanted_by', call] }, { $lte: ['$wants', literal(wanted)] }] }
      const reading = {
        read_to: { $max: ['$read_to', literal(toTimestamp(mayReadTo, Timestamp))] },
        wants: { $cond: [isOwn, null, { $ifNull: ['$wants', null] }] },
        heard_at: '$$NOW',
      }
      await changeOrMake<ReaderDocument>(
        database,
        READERS,
        id,
        [{ $replaceWith: withFields(reading) }],
        session,
      )
      return { mayReadTo }
    })
  }

  async list(): Promise<(Reader & { heardAt: number })[]> {
    const found = await readReaders(await this.#open())
    return found.map(({ _id, read_to, heard_at }) => ({
      reportStore: _id.report_store,
      name: _id.name,
      generation: _id.generation,
      readTo: fromTimestamp(read_to),
      heardAt: heard_at.getTime(),
    }))
  }

  async drop(reader: ReaderName): Promise<void> {
    const database = await this.#open()
    await database.repeat(() => database.collection<ReaderDocument>(READERS).deleteOne({ _id: idOf(reader) }))
  }
}

/** By report store, name and generation. */
export function readReaders(database: Database, session?: ClientSession): Promise<ReaderDocument[]> {
  return database.repeat(() =>
    database
      .collection<ReaderDocument>(READERS)
      .find({}, { ...(session && { session }) })
      .sort({ _id: 1 })
      .toArray(),
  )
}

/** How far a reader has read or is just about to; `hold`: of a running backfill, which it cannot be beyond. */
export function reachOf({ read_to, wants }: ReaderDocument, hold?: bigint): bigint {
  const readTo = fromTimestamp(read_to)
  let wanted = wants === null ? 0n : fromTimestamp(wants)
  if (hold !== undefined && hold < wanted) wanted = hold
  return wanted > readTo ? wanted : readTo
}

/** How far the foremost of them reaches; null: there is none. */
export function foremostOf(readers: readonly ReaderDocument[]): bigint | null {
  return readers
    .map((reader) => reachOf(reader))
    .reduce<bigint | null>((most, reach) => (most === null || reach > most ? reach : most), null)
}

/** Of the fields in this order. */
function idOf({ reportStore, name, generation }: ReaderName): ReaderDocument['_id'] {
  return { report_store: reportStore, name, generation }
}
