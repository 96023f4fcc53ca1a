import { MongoServerError } from 'mongodb'
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js'
import type { Database } from './database.ts'
import { isPassing } from './errors.ts'
import { EVENTS } from './schema.ts'

interface WriteError {
  index: number
  code: number
  errmsg: string
}
interface InsertReply {
  n: number
  writeErrors?: WriteError[]
  writeConcernError?: { code: number; errmsg: string }
}

const DUPLICATE_KEY = 11000

/**
 * One `insert` of ready documents, in their order; those whose id is there already are left out. By the driver's own
 * sequence of ready bytes, so that it does not write each document a second time.
 *
 * @param documents BSON, one after the other
 * @param maxTimeMs counts from arrival at the server
 * @returns indexes of the documents whose id is there already
 * @throws MongoServerError or MongoNetworkError; part of it may be stored then
 */
export async function insertDocuments(
  { db }: Database,
  documents: Uint8Array,
  maxTimeMs: number,
): Promise<number[]> {
  const sequence = new DocumentSequence('documents')
  sequence.push({}, documents)
  const reply = (await db.command({
    insert: EVENTS,
    ordered: false,
    maxTimeMS: maxTimeMs,
    writeConcern: { w: 'majority', j: true },
    documents: sequence,
  })) as unknown as InsertReply
  const { writeErrors = [], writeConcernError } = reply
  // a unique index that somebody has added to ours is no duplicate of an event
  const isKnown = ({ code, errmsg }: WriteError): boolean =>
    code === DUPLICATE_KEY && / index: _id_ /u.test(errmsg)
  const others = writeErrors.filter((error) => !isKnown(error))
  // one that will not go away by itself says more
  const failed = others.find((error) => !isPassing(new MongoServerError(error))) ?? others[0]
  if (failed !== undefined) throw new MongoServerError(failed)
  // without it neither what was written nor what is a duplicate is for certain
  if (writeConcernError !== undefined) throw new MongoServerError(writeConcernError)
  return writeErrors.map(({ index }) => index)
}
