import type { ClientSession, Document } from 'mongodb'
import { afterMs, change, literal, withFields } from '../../event-store/mongodb/change.ts'
import type { Database } from '../../event-store/mongodb/database.ts'
import type { ReportCommit } from '../report-store.ts'
import { heldBy } from './leases.ts'
import { type GenerationDocument, generationId, REPORTS } from './schema.ts'
import { pointDocument, stateDocument } from './state.ts'

const NEXT_NUMBER = { $add: ['$last_number', 1] }
/** A commit that was under way is over: whoever made it has lost the lease or its life. */
const TORN = {
  $cond: [
    { $eq: ['$pending', null] },
    '$torn',
    { $concatArrays: ['$torn', [{ commit: '$pending', at: '$$NOW' }]] },
  ],
}

/** Compare: generation, token and checkpoint are what the commit was made for. */
function asExpected({ of, token, from }: ReportCommit): Document {
  return { ...heldBy(of, token), checkpoint: from === null ? null : pointDocument(from) }
}

function newState(commit: ReportCommit, call: string): Document {
  return {
    ...Object.fromEntries(
      Object.entries(stateDocument(commit)).map(([name, value]) => [name, literal(value)]),
    ),
    updated_at: '$$NOW',
    lease_expires_at: afterMs(commit.ttlMs),
    commit_call: call,
    pending: null,
  }
}

/** In a transaction: the whole compare-and-set. Null: another writer is ahead. */
export async function claimAtOnce(
  database: Database,
  commit: ReportCommit,
  call: string,
  session: ClientSession,
): Promise<GenerationDocument | null> {
  const numbers = { last_number: NEXT_NUMBER, last_commit: NEXT_NUMBER, torn: TORN }
  const set = { ...newState(commit, call), ...numbers }
  const reports = database.collection<GenerationDocument>(REPORTS)
  const options = { session, returnDocument: 'after' } as const
  return reports.findOneAndUpdate(asExpected(commit), [{ $set: set }], options)
}

/** Takes a number for the rows that are to be written. Null: another writer is ahead. */
export async function claimNumber(
  database: Database,
  commit: ReportCommit,
  call: string,
): Promise<GenerationDocument | null> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const lease = { lease_expires_at: afterMs(commit.ttlMs) }
  const taken = {
    last_number: NEXT_NUMBER,
    pending: NEXT_NUMBER,
    torn: TORN,
    commit_call: call,
    claimed_at: '$$NOW',
    ...lease,
  }
  const pipeline = [
    { $replaceWith: { $cond: [{ $eq: ['$commit_call', call] }, '$$ROOT', withFields(taken)] } },
  ]
  return database.repeat(() =>
    reports.findOneAndUpdate(asExpected(commit), pipeline, { returnDocument: 'after' }),
  )
}

/** All rows are written: from here on they count. False: another writer is ahead. */
export async function claimDone(
  database: Database,
  commit: ReportCommit,
  call: string,
  number: number,
): Promise<boolean> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const filter = { ...asExpected(commit), pending: number }
  const set = { ...newState(commit, call), last_commit: number }
  const { matchedCount } = await database.repeat(() => reports.updateOne(filter, [{ $set: set }]))
  return matchedCount === 1 || wasMade(database, commit, call)
}

/** After an answer that was lost: whether the commit of this call is the last one that was made. */
export async function wasMade(database: Database, commit: ReportCommit, call: string): Promise<boolean> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const filter = { _id: generationId(commit.of), commit_call: call, pending: null }
  return (await database.repeat(() => reports.findOne(filter, { projection: { _id: 1 } }))) !== null
}

/** Forgets numbers of cut-off commits that no writer can still be at work with. */
export async function forgetTorn(database: Database, of: ReportCommit['of'], before: Date): Promise<void> {
  const torn = { $filter: { input: '$torn', cond: { $gte: ['$$this.at', before] } } }
  await change<GenerationDocument>(database, REPORTS, generationId(of), [{ $set: { torn } }])
}
