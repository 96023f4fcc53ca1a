import type { Database } from '../../src/event-store/mongodb/database.ts'

/** The same database, but the first answer to everything is lost: it was done all the same, and is done again. */
export function losingAnswers(
  database: Database,
  meanwhile: () => Promise<unknown> = async () => null,
): Database {
  return {
    url: database.url,
    db: database.db,
    collection: (name: string) => database.collection(name),
    session: () => database.session(),
    repeat: async (attempt: () => Promise<unknown>) => {
      await database.repeat(attempt)
      await meanwhile()
      return database.repeat(attempt)
    },
  } as unknown as Database
}
