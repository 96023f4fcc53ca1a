import type { LeaseGrant, LeaseRefusal } from '../event-store.ts'
import type { Connection } from './connection.ts'

export interface LeaseRequest {
  name: string
  owner: string
  ttlMs: number
  /** An owner that is known to run no more: what it holds counts as run out. */
  goneOwner: string | null
}
export interface LeaseHold {
  name: string
  token: bigint
}
export interface HeldLease {
  name: string
  owner: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Takes the lease where it is free, or tells who has it. Inside a transaction. */
export function acquireLease(
  connection: Connection,
  { name, owner, ttlMs, goneOwner }: LeaseRequest,
  now: number,
): LeaseGrant | LeaseRefusal {
  const held = leaseHolder(connection, name, now)
  if (held !== null && held.owner !== goneOwner) {
    return { granted: false, owner: held.owner, expiresAt: held.expiresAt }
  }
  const [token] = connection.get<[bigint]>(
    `INSERT INTO demetra_leases (name, owner, token, expires_at) VALUES (?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET owner = excluded.owner, token = token + 1, expires_at = excluded.expires_at
     RETURNING token`,
    name,
    owner,
    now + ttlMs,
  ) as [bigint]
  return { granted: true, token }
}

/** A lease that has run out but was not taken by anybody is still its owner's. */
export function renewLease(
  connection: Connection,
  { name, token, ttlMs }: LeaseHold & { ttlMs: number },
  now: number,
): boolean {
  const changed = connection.run(
    'UPDATE demetra_leases SET expires_at = ? WHERE name = ? AND token = ? AND owner IS NOT NULL',
    now + ttlMs,
    name,
    token,
  )
  return changed === 1
}

/** The row stays, without an owner, so that the token grows on. */
export function releaseLease(connection: Connection, { name, token }: LeaseHold): void {
  connection.run('UPDATE demetra_leases SET owner = NULL WHERE name = ? AND token = ?', name, token)
}

/** Who has the lease now; null: nobody. */
export function leaseHolder(connection: Connection, name: string, now: number): HeldLease | null {
  return listLeases(connection, now).find((lease) => lease.name === name) ?? null
}

/** Those that have not run out. */
export function listLeases(connection: Connection, now: number): HeldLease[] {
  return connection
    .all<[string, string, bigint]>(
      `SELECT name, owner, expires_at FROM demetra_leases
       WHERE owner IS NOT NULL AND expires_at > ? ORDER BY name`,
      now,
    )
    .map(([name, owner, expiresAt]) => ({ name, owner, expiresAt: Number(expiresAt) }))
}
