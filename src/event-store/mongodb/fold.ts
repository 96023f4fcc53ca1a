import type { Collection } from 'mongodb'
import { EventCounts } from '../event-counts.ts'
import { addRows, toRows } from './counts.ts'
import type { Database } from './database.ts'
import { isDuplicateKey } from './errors.ts'
import { noteUnsaved } from './imports.ts'
import { countPending } from './pending-call.ts'
import type { CountRow, CountsDocument, WriterDocument } from './schema.ts'

/** A writer that has not been heard of for so long is gone: a call takes seconds. */
const GONE_AFTER_MS = 600_000
/** How many writers a row of counts remembers, so that none is counted twice while it goes over. */
const FOLDED_REMEMBERED = 64

const writersOf = (database: Database): Collection<WriterDocument> =>
  database.collection<WriterDocument>('demetra_writers')

/** Writers that were killed leave their counts behind: those go over to where all counts are. */
export async function foldGoneWriters(database: Database): Promise<void> {
  const isGone = {
    $or: [
      { $expr: { $lt: ['$heard_at', { $subtract: ['$$NOW', GONE_AFTER_MS] }] } },
      { frozen: true as const },
    ],
  }
  const gone = await database.repeat(() => writersOf(database).find(isGone).limit(16).toArray())
  for (const writer of gone) await foldWriter(database, writer)
}

/**
 * Takes what a writer has counted over to `demetra_counts`, exactly once whoever does it and however often: its
 * counts are made final first, and each row remembers whom it contains.
 */
export async function foldWriter(database: Database, found: WriterDocument): Promise<void> {
  const { _id, heard_at, pending } = found
  const final = new EventCounts()
  addRows(final, found.counts)
  if (pending !== undefined && found.frozen === undefined) {
    final.addAll(await countPending(database, pending))
    if (pending.import_id !== undefined) await noteUnsaved(database, pending.import_id, pending.append)
  }
  const frozen = await freezeWriter(database, { _id, heard_at }, toRows(final))
  if (frozen !== null) await takeOver(database, _id, frozen.counts)
}

/** The writer's owner can go on no more. null: it went on in the meantime, or somebody has folded it already. */
export function freezeWriter(
  database: Database,
  { _id, heard_at }: Pick<WriterDocument, '_id'> & { heard_at?: Date },
  counts: CountRow[],
): Promise<WriterDocument | null> {
  const unheard = heard_at === undefined ? {} : { heard_at }
  return database.repeat(async () => {
    const writers = writersOf(database)
    const frozen = await writers.findOneAndUpdate(
      { _id, ...unheard, frozen: { $exists: false } },
      { $set: { counts, frozen: true }, $unset: { pending: '' } },
      { returnDocument: 'after' },
    )
    return frozen ?? writers.findOne({ _id, frozen: true })
  })
}

/** Adds the counts of a frozen writer, and forgets it. */
export async function takeOver(database: Database, writer: number, rows: readonly CountRow[]): Promise<void> {
  for (let open = rows; open.length > 0;) open = await database.repeat(() => add(database, writer, open))
  await database.repeat(() => writersOf(database).deleteOne({ _id: writer }))
}

/**
 * Returns the rows that are still to be added. A row that contains the writer already looks as one that another writer
 * has just made: a new one, whose key is taken.
 */
async function add(database: Database, writer: number, rows: readonly CountRow[]): Promise<CountRow[]> {
  const counts = database.collection<CountsDocument>('demetra_counts')
  try {
    await counts.bulkWrite(
      rows.map((row) => ({ updateOne: addition(writer, row) })),
      { ordered: false },
    )
    return []
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
  const ids = rows.map(({ year, type }) => ({ year, type }))
  const found = await counts.find({ _id: { $in: ids }, folded: writer }, { projection: { _id: 1 } }).toArray()
  const done = new Set(found.map(({ _id }) => `${_id.year} ${_id.type}`))
  return rows.filter(({ year, type }) => !done.has(`${year} ${type}`))
}

function addition(writer: number, { type, year, days }: CountRow) {
  const numbers = Object.keys(days).map(Number)
  const added = Object.entries(days).map(([day, events]) => [`days.${day}`, events] as const)
  const events = Object.values(days).reduce((sum, count) => sum + count, 0)
  return {
    filter: { _id: { year, type }, folded: { $ne: writer } },
    update: {
      $inc: { events, ...Object.fromEntries(added) },
      $min: { first: Math.min(...numbers) },
      $max: { last: Math.max(...numbers) },
      $push: { folded: { $each: [writer], $slice: -FOLDED_REMEMBERED } },
    },
    upsert: true,
  }
}
