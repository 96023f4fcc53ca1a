import type { ClientSession } from 'mongodb'
import { ARCHIVE_LEASE } from '../catalogue.ts'
import type { Database } from './database.ts'
import type { CatalogueHead } from './schema.ts'

export const LEASES = 'demetra_leases'

/** null: nobody has archived anything. */
export function readHead(database: Database, session: ClientSession): Promise<CatalogueHead | null> {
  return database.repeat(() =>
    database.collection<CatalogueHead>(LEASES).findOne({ _id: ARCHIVE_LEASE }, { session }),
  )
}
