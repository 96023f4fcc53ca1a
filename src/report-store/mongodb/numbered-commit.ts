import { randomUUID } from 'node:crypto'
import type { Database } from '../../event-store/mongodb/database.ts'
import type { ReportCommit, ReportPart } from '../report-store.ts'
import { claimDone, claimNumber } from './claim.ts'
import { tornNumbers } from './commit-marks.ts'
import type { EncodedChange, RowCodec, RowDocument } from './row-document.ts'
import type { GenerationDocument } from './schema.ts'
import { purge, takeBack } from './torn-rows.ts'
import { insertRows, writeRows } from './write-rows.ts'
import { memoryName } from '../report-name.ts'

export type Encoded = Record<ReportPart, { codec: RowCodec; changes: EncodedChange[] }>
/** Told of each step that is done; what it throws cuts the commit off there. */
export type OnStep = (step: 'number' | 'rows' | 'memory' | 'checkpoint') => void | Promise<void>

/** Deleted rows are looked for once in so many commits. */
const PURGE_EVERY = 1000

/**
 * A commit without a transaction, in steps that may be cut off anywhere:
 *
 * 1. The generation's document gives it a number, by compare-and-set of token and checkpoint. A number that was
 *    given before and has not become a commit never will: it is torn from this moment on, since step 3 of it asks
 *    for its own number to be the one that is pending.
 * 2. Each row is written with that number and with the row before. Guard: no higher number has written it. So the
 *    row before is always a committed one: of lower numbers each is either committed or torn, and what was torn hands
 *    on the row before it instead of itself. A row that is deleted stays, hidden.
 * 3. The checkpoint is set, by compare-and-set of token, checkpoint and number: from now on the number counts.
 *
 * Whoever loads or reads takes a row where its number counts, and the row before where it does not. A writer that
 * stood still for long and goes on writes with a torn number: over nothing that is newer, and nothing that counts.
 * Torn numbers are kept, and deleted rows hidden, for much longer than a lease.
 *
 * False: another writer is ahead.
 */
export async function commitInSteps(
  database: Database,
  commit: ReportCommit,
  encoded: Encoded,
  onStep: OnStep,
): Promise<boolean> {
  const call = randomUUID()
  const claimed = await claimNumber(database, commit, call)
  if (claimed === null || claimed.pending === null) return false
  const number = claimed.pending
  await onStep('number')
  await tidyUp(database, claimed, number)
  const write = async (part: ReportPart, name: string): Promise<void> => {
    const { codec, changes } = encoded[part]
    const rows = database.collection<RowDocument>(name)
    const now = claimed.claimed_at ?? claimed.updated_at
    const writing = { database, rows, codec, number, torn: tornNumbers(claimed), now }
    await (commit.fresh === true ? insertRows(writing, changes) : writeRows(writing, changes))
  }
  await write('rows', claimed.collection)
  await onStep('rows')
  await write('memory', memoryName(claimed.collection))
  await onStep('memory')
  const done = await claimDone(database, commit, call, number)
  if (done) await onStep('checkpoint')
  // stood still for too long: what was written in the meantime is ours to take back
  else await takeBack(database, claimed, [number])
  return done
}

async function tidyUp(database: Database, claimed: GenerationDocument, number: number): Promise<void> {
  const { torn, updated_at: lastCommitAt } = claimed
  const isNew = torn.some(({ at }) => at > lastCommitAt)
  if (isNew) await takeBack(database, claimed, tornNumbers(claimed))
  if (number % PURGE_EVERY === 0) await purge(database, claimed)
}
