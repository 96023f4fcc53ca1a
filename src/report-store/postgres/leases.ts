import type { Generation, ReportLease, ReportLeaseRefusal } from '../report-store.ts'
import { CLOCK } from './bookkeeping.ts'
import type { Ask } from './connection.ts'

const OF = 'WHERE name = $1 AND generation = $2'
const HELD = `${OF} AND lease_token = $3 AND lease_owner IS NOT NULL`

/**
 * In a transaction. Null: there is no such generation. A lease that runs is refused at once; whoever holds it may
 * have the row locked by a long commit, which is nothing to wait for.
 */
export async function acquireLease(
  ask: Ask,
  of: Generation,
  owner: string,
  ttlMs: number,
  isGone: (owner: string) => boolean,
): Promise<ReportLease | ReportLeaseRefusal | null> {
  const { name, generation } = of
  for (const lock of ['', 'FOR UPDATE']) {
    const select = `SELECT lease_owner, lease_expires_at, lease_expires_at > ${CLOCK}
      FROM demetra_reports ${OF} ${lock}`
    const [row] = (await ask(select, [name, generation])).rows
    if (row === undefined) return null
    const [holder, expiresAt, runs] = row
    if (holder && runs === 't' && !isGone(holder)) {
      return { granted: false, owner: holder, expiresAt: Number(expiresAt) }
    }
  }
  const take = `UPDATE demetra_reports SET lease_owner = $3, lease_expires_at = ${CLOCK} + $4::bigint,
    lease_token = lease_token + 1 ${OF} RETURNING lease_token`
  const taken = await ask(take, [name, generation, owner, ttlMs])
  return { granted: true, token: BigInt(taken.rows[0]?.[0] ?? 0) }
}

/**
 * False: it was lost. A row that is locked is left as it is, for whoever holds the lease is committing and
 * prolongs it by that; to wait would be to take a long commit for a loss.
 */
export async function renewLease(
  ask: Ask,
  { name, generation }: Generation,
  token: bigint,
  ttlMs: number,
): Promise<boolean> {
  const held = await ask(`SELECT 1 FROM demetra_reports ${HELD}`, [name, generation, token])
  if (held.count === 0) return false
  const renew = `UPDATE demetra_reports SET lease_expires_at = ${CLOCK} + $4::bigint
    ${HELD} AND EXISTS (SELECT 1 FROM demetra_reports ${HELD} FOR UPDATE SKIP LOCKED)`
  await ask(renew, [name, generation, token, ttlMs])
  return true
}

export async function releaseLease(ask: Ask, { name, generation }: Generation, token: bigint): Promise<void> {
  const release = `UPDATE demetra_reports SET lease_owner = NULL, lease_expires_at = NULL
    ${OF} AND lease_token = $3`
  await ask(release, [name, generation, token])
}
