import type { Binary, ClientSession } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import type { Generation } from '../report-store.ts'

/**
 * One session for the transactions under each lease, which the lease names: whoever takes the lease over ends what is
 * open in it. Otherwise the transaction of a process that was killed keeps its rows locked for a minute and more.
 */
export class CommitSessions {
  readonly #sessions = new Map<string, ClientSession>()

  keep(of: Generation, token: bigint, session: ClientSession): void {
    this.#sessions.set(keyOf(of, token), session)
  }

  /** One that nothing runs in; else a new one, of which nobody else knows. `isKept`: it is not to be ended. */
  take(database: Database, of: Generation, token: bigint): { session: ClientSession; isKept: boolean } {
    const kept = this.#sessions.get(keyOf(of, token))
    if (kept === undefined || kept.inTransaction()) return { session: database.session(), isKept: false }
    return { session: kept, isKept: true }
  }

  async end(of: Generation, token: bigint): Promise<void> {
    const session = this.#sessions.get(keyOf(of, token))
    this.#sessions.delete(keyOf(of, token))
    await session?.endSession().catch(() => undefined)
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    for (const session of sessions) await session.endSession().catch(() => undefined)
  }
}

export function sessionId(session: ClientSession): Binary | null {
  return session.id?.id ?? null
}

/** Undoes what is open in it. Where that is not allowed, the server does so after its time. */
export async function endTransaction(database: Database, session: Binary): Promise<void> {
  await database.db.command({ killSessions: [{ id: session }] }).catch(() => undefined)
}

function keyOf({ name, generation }: Generation, token: bigint): string {
  return `${token} ${generation} ${name}`
}
