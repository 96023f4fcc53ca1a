import {
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoNetworkError,
  MongoServerError,
} from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import { isDuplicateKey } from '../../event-store/mongodb/errors.ts'
import { busy } from './report-errors.ts'
import type { EncodedChange, RowCodec, RowDocument } from './row-document.ts'
import { BEFORE, COMMIT, DELETED_AT, WAITING } from './schema.ts'

type Operation = AnyBulkWriteOperation<RowDocument>

/** Where rows are written, and by which commit. */
export interface Writing {
  database: Database
  rows: Collection<RowDocument>
  codec: RowCodec
  number: number
  torn: readonly number[]
  /** By the server's clock. */
  now: Date
}

const CHUNK_ROWS = 2000
/** While the server stores some, the next are encoded. */
const INSERTS_IN_FLIGHT = 3
const ROUNDS = 10
/** No commit has this number: the row is made. */
const NOT_THERE = -1
/** What a deleted row waits for, so that nobody is shown it. */
const DELETED = '(deleted)'

/** In a transaction, as one: rows are replaced and deleted. */
export function plainOperations(changes: readonly EncodedChange[], number: number): Operation[] {
  return changes.map(({ id, fields }) => {
    if (fields === null) return { deleteOne: { filter: { _id: id } } }
    return { replaceOne: { filter: { _id: id }, replacement: withoutId(fields, number), upsert: true } }
  })
}

/**
 * Rows that were not there; those that were, for a cut-off commit has left them or the answer to an earlier attempt
 * was lost, are written as others are.
 */
export async function insertRows(writing: Writing, changes: readonly EncodedChange[]): Promise<void> {
  const chunks = chunksOf(changes.filter(({ fields }) => fields !== null))
  const inserting = Array.from({ length: INSERTS_IN_FLIGHT }, async () => {
    for (const chunk of chunks) await insertChunk(writing, chunk)
  })
  // none is on its way any more when this is over: whoever hears of a failure may drop the collection
  const failed = (await Promise.allSettled(inserting)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** For all who take from it; one that fails ends it for the others. */
function* chunksOf(changes: readonly EncodedChange[]): Generator<EncodedChange[]> {
  for (let start = 0; start < changes.length; start += CHUNK_ROWS)
    yield changes.slice(start, start + CHUNK_ROWS)
}

async function insertChunk(writing: Writing, chunk: readonly EncodedChange[]): Promise<void> {
  const { database, rows, number } = writing
  const documents = chunk.map(({ fields }) => ({ ...(fields as RowDocument), [COMMIT]: number }))
  const there = await unlessThere(database, () => rows.insertMany(documents, { ordered: false }))
  await writeRows(
    writing,
    there.flatMap((index) => chunk[index] ?? []),
  )
}

/** Each row where no later commit has written it, with what it was before beside it. May be done again. */
export async function writeRows(writing: Writing, changes: readonly EncodedChange[]): Promise<void> {
  const { database, rows } = writing
  for (let start = 0; start < changes.length; start += CHUNK_ROWS) {
    let open = changes.slice(start, start + CHUNK_ROWS)
    // what another writer, or an attempt without an answer, has written since it was looked at is looked at again
    for (let round = 0; open.length > 0; round += 1) {
      if (round === ROUNDS) throw busy('other writers are at the same rows', database.url)
      const found = await foundRows(writing, open)
      const written = open.flatMap((change) => {
        const operation = guardedOperation(writing, change, found.get(writing.codec.idText(change.id)))
        return operation === null ? [] : [{ change, operation }]
      })
      if (written.length === 0) break
      const operations = written.map(({ operation }) => operation)
      const there = await unlessThere(database, () => rows.bulkWrite(operations, { ordered: false }))
      open = there.flatMap((index) => written[index]?.change ?? [])
    }
  }
}

/** As they are in the database, to the types of their numbers. */
async function foundRows(
  { database, rows, codec }: Writing,
  changes: readonly EncodedChange[],
): Promise<Map<string, RowDocument>> {
  const filter: Document = { _id: { $in: changes.map(({ id }) => id) } }
  const found = await database.repeat(() => rows.find(filter, { promoteValues: false }).toArray())
  return new Map(found.map((document) => [codec.idText(document._id), document]))
}

/** Guard: the row is still the one that was found. Null: a later commit has written it. */
function guardedOperation(
  writing: Writing,
  { id, fields }: EncodedChange,
  found: RowDocument | undefined,
): Operation | null {
  const { number, now } = writing
  const deleted = { _id: id, ...id, [WAITING]: [DELETED], [DELETED_AT]: now }
  const row = withoutId(fields ?? deleted, number)
  const seen = found === undefined ? NOT_THERE : Number(found[COMMIT])
  if (seen > number) return null
  const replacement = found === undefined ? row : { ...row, [BEFORE]: committedBefore(writing, found) }
  // where the guard does not hold this becomes an insert, and a duplicate
  return { replaceOne: { filter: { _id: id, [COMMIT]: seen }, replacement, upsert: true } }
}

/** The `_id` stays as it is: decimals that are equal may have been written otherwise. */
function withoutId({ _id, ...fields }: RowDocument, number: number): Document {
  return { ...fields, [COMMIT]: number }
}

/** The row as it was committed: not what this commit, or one that was cut off, has written. */
function committedBefore({ number, torn }: Writing, found: RowDocument): Document | null {
  const seen = Number(found[COMMIT])
  const { _id, [BEFORE]: before, ...row } = found
  if (seen === number || torn.includes(seen)) return (before as Document | null | undefined) ?? null
  return row
}

/** The indexes of what was there already. Anything else is thrown. */
function unlessThere(database: Database, write: () => Promise<unknown>): Promise<number[]> {
  return database.repeat(async () => {
    try {
      await write()
      return []
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error
      // not acknowledged by most: a later answer must not stand for this one
      const concern = error.result.getWriteConcernError()
      if (concern) throw serverError(concern)
      const failed = [error.writeErrors].flat()
      // the driver makes such an error of everything, also of a connection that was lost: then nothing is known of any row
      if (failed.length === 0) throw underlying(error)
      const other = failed.find((each) => !isDuplicateKey(each) || !/ index: _id_ /u.test(each.errmsg ?? ''))
      if (other !== undefined) throw serverError(other)
      return failed.map(({ index }) => index)
    }
  })
}

/** What a write failed with as a whole: the server's own errors have a code, those of the network none. */
function underlying(error: MongoBulkWriteError): Error {
  const { message, code } = error
  return code === undefined
    ? new MongoNetworkError(message)
    : serverError({ errmsg: message, code: Number(code) })
}

function serverError({ errmsg, code }: { errmsg?: string | undefined; code?: number | undefined }): Error {
  return new MongoServerError({ message: errmsg ?? 'unknown', ...(code !== undefined && { code }) })
}
