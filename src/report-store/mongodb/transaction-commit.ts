import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientSession } from 'mongodb'
import type { Database } from '../../event-store/mongodb/database.ts'
import { isPassing } from '../../event-store/mongodb/errors.ts'
import type { ReportCommit } from '../report-store.ts'
import { claimAtOnce, wasMade } from './claim.ts'
import type { CommitSessions } from './commit-sessions.ts'
import type { Encoded } from './numbered-commit.ts'
import type { RowDocument } from './row-document.ts'
import { plainOperations } from './write-rows.ts'
import { memoryName } from '../report-name.ts'

const CHUNK_ROWS = 5000
const RETRY_AFTER_MS = 50

/**
 * Rows and checkpoint in one transaction. One that the server has undone is made again. Where an answer was lost,
 * the next attempt finds the checkpoint moved on, and by which call. False: another writer is ahead.
 */
export async function commitAtOnce(
  database: Database,
  commit: ReportCommit,
  encoded: Encoded,
  sessions: CommitSessions,
): Promise<boolean> {
  const call = randomUUID()
  const giveUpAt = database.patience()
  for (;;) {
    const { session, isKept } = sessions.take(database, commit.of, commit.token)
    try {
      const claimed = await attempt(database, commit, encoded, call, session)
      return claimed || (await wasMade(database, commit, call))
    } catch (error) {
      if (!mayTryAgain(error)) throw error
      if (performance.now() > giveUpAt) throw database.gone(error)
    } finally {
      if (session.inTransaction()) await session.abortTransaction().catch(() => undefined)
      if (!isKept) await session.endSession().catch(() => undefined)
    }
    await delay(RETRY_AFTER_MS)
  }
}

async function attempt(
  database: Database,
  commit: ReportCommit,
  encoded: Encoded,
  call: string,
  session: ClientSession,
): Promise<boolean> {
  session.startTransaction({ writeConcern: { w: 'majority', j: true } })
  const claimed = await claimAtOnce(database, commit, call, session)
  if (claimed === null) {
    await session.abortTransaction()
    return false
  }
  const { collection, last_commit: number } = claimed
  for (const [name, changes] of [
    [collection, encoded.rows.changes],
    [memoryName(collection), encoded.memory.changes],
  ] as const) {
    const rows = database.collection<RowDocument>(name)
    for (let start = 0; start < changes.length; start += CHUNK_ROWS) {
      const chunk = plainOperations(changes.slice(start, start + CHUNK_ROWS), number)
      await rows.bulkWrite(chunk, { ordered: false, session })
    }
  }
  await session.commitTransaction()
  return true
}

/** Undone by the server, or nobody knows: the next attempt finds out. */
function mayTryAgain(error: unknown): boolean {
  if (isPassing(error)) return true
  const { errorLabels = [] } = (error ?? {}) as { errorLabels?: string[] }
  return errorLabels.some((label) =>
    /^(?:TransientTransactionError|UnknownTransactionCommitResult)$/u.test(label),
  )
}
