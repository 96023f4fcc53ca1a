import { randomUUID } from 'node:crypto'
import { type Binary, Long } from 'mongodb'
import { afterMs, change, literal, withFields } from '../../event-store/mongodb/change.ts'
import type { Database } from '../../event-store/mongodb/database.ts'
import type { Generation, ReportLease, ReportLeaseRefusal } from '../report-store.ts'
import { generationDocument } from './catalogue.ts'
import { endTransaction } from './commit-sessions.ts'
import { type GenerationDocument, generationId, REPORTS } from './schema.ts'
import { toBigInt } from './values.ts'

const HAS_OWNER = { $ne: ['$lease_owner', null] }

/** A generation's document, while this token holds its lease. */
export function heldBy(of: Generation, token: bigint) {
  return { _id: generationId(of), lease_token: Long.fromBigInt(token), lease_owner: { $ne: null } }
}

/**
 * By one conditional update, by the server's clock. `session`: of the transactions to come. Null: there is no such
 * generation.
 */
export async function acquireLease(
  database: Database,
  of: Generation,
  owner: string,
  ttlMs: number,
  isGone: (owner: string) => boolean,
  session: Binary | null,
): Promise<ReportLease | ReportLeaseRefusal | null> {
  const found = await generationDocument(database, of)
  if (found === null) return null
  const { lease_owner: holder, lease_expires_at: expires, lease_session: before, now } = found
  const goneOwner = holder !== null && isGone(holder) ? holder : null
  const isOver = goneOwner !== null || expires === null || expires <= now
  if (isOver && before !== null) await endTransaction(database, before)
  const call = randomUUID()
  // an attempt after one whose answer was lost finds the lease given to its own call
  const isOwn = { $and: [{ $eq: ['$lease_call', call] }, HAS_OWNER] }
  const runs = { $gt: ['$lease_expires_at', '$$NOW'] }
  const isHeld = { $and: [HAS_OWNER, runs, { $ne: ['$lease_owner', literal(goneOwner)] }] }
  const grant = withFields({
    lease_owner: literal(owner),
    lease_token: { $add: ['$lease_token', Long.ONE] },
    lease_expires_at: afterMs(ttlMs),
    lease_call: call,
    lease_session: literal(session),
  })
  const pipeline = [{ $replaceWith: { $cond: [{ $or: [isOwn, isHeld] }, '$$ROOT', grant] } }]
  const lease = await change<GenerationDocument>(database, REPORTS, generationId(of), pipeline)
  if (lease === null) return null
  if (lease.lease_call === call) return { granted: true, token: toBigInt(lease.lease_token) }
  const expiresAt = lease.lease_expires_at?.getTime() ?? 0
  return { granted: false, owner: lease.lease_owner ?? '', expiresAt }
}

/** False: it was lost. One that has run out but was taken by nobody is still its owner's. */
export async function renewLease(
  database: Database,
  of: Generation,
  token: bigint,
  ttlMs: number,
): Promise<boolean> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const set = [{ $set: { lease_expires_at: afterMs(ttlMs) } }]
  const { matchedCount } = await database.repeat(() => reports.updateOne(heldBy(of, token), set))
  return matchedCount === 1
}

export async function releaseLease(database: Database, of: Generation, token: bigint): Promise<void> {
  const reports = database.collection<GenerationDocument>(REPORTS)
  const set = { $set: { lease_owner: null, lease_expires_at: null, lease_session: null } }
  await database.repeat(() => reports.updateOne(heldBy(of, token), set))
}
