import type { ClientSession, Document } from 'mongodb'
import type { Database } from './database.ts'
import { isDuplicateKey } from './errors.ts'

export interface ChangeOptions {
  /** Where there is no document yet, the pipeline sees one that has only an `_id`. */
  upsert?: boolean
  session?: ClientSession
}

/**
 * Changes the document under `id` by one pipeline and tells what it is then; null: there is none. The pipeline
 * has to stand that it runs again after it was carried out: the answer may have been lost.
 */
export function change<T extends Document>(
  database: Database,
  collection: string,
  id: T['_id'],
  pipeline: Document[],
  { upsert = false, session }: ChangeOptions = {},
): Promise<T | null> {
  return database.repeat(async () => {
    for (;;) {
      try {
        return (await database.collection<T>(collection).findOneAndUpdate({ _id: id }, pipeline, {
          upsert,
          returnDocument: 'after',
          ...(session && { session }),
        })) as T | null
      } catch (error) {
        // another made it in the same moment: now it is there
        if (!upsert || !isDuplicateKey(error)) throw error
      }
    }
  })
}

/** The same, but where there is none it is made. */
export async function changeOrMake<T extends Document>(
  database: Database,
  collection: string,
  id: T['_id'],
  pipeline: Document[],
  session?: ClientSession,
): Promise<T> {
  const options = { upsert: true, ...(session && { session }) }
  return (await change<T>(database, collection, id, pipeline, options)) as T
}

/** What is written under one of these names in a pipeline is never taken for a field or an operator. */
export const literal = (value: unknown): Document => ({ $literal: value })

/** By the server's clock. */
export const afterMs = (ms: number | string): Document => ({ $add: ['$$NOW', ms] })

/** The document as it stands, but for these fields. */
export const withFields = (fields: Document): Document => ({ $mergeObjects: ['$$ROOT', fields] })
