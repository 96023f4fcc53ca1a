import type { ClientSession } from 'mongodb'
import type { Database } from './database.ts'

/**
 * What is read in the session has at least seen what was written in it: also where a new primary has answered in
 * between, which may not know yet how far most have come.
 */
export async function causally<Result>(
  database: Database,
  work: (session: ClientSession) => Promise<Result>,
): Promise<Result> {
  const session = database.session()
  try {
    return await work(session)
  } finally {
    await session.endSession()
  }
}
