import { randomUUID } from 'node:crypto'
import { type Document, Long } from 'mongodb'
import type { LeaseGrant, LeaseRefusal, Leases } from '../event-store.ts'
import { LEASES } from './catalogue-head.ts'
import { afterMs, changeOrMake, literal, withFields } from './change.ts'
import type { Database } from './database.ts'
import type { LeaseDocument } from './schema.ts'

const HAS_OWNER = { $ne: [{ $ifNull: ['$owner', null] }, null] }

interface LeaseRequest {
  owner: string
  ttlMs: number
  /** An owner that is known to run no more: what it holds counts as run out. */
  goneOwner: string | null
  /** Of this call alone. */
  nonce: string
}

/** Each lease is one document, changed by one conditional update at a time; the clock is the server's. */
export class MongoLeases implements Leases {
  readonly #open: () => Promise<Database>

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  async acquire(
    name: string,
    owner: string,
    ttlMs: number,
    isGone?: (owner: string) => boolean,
  ): Promise<LeaseGrant | LeaseRefusal> {
    const database = await this.#open()
    const held = isGone && (await this.list()).find((lease) => lease.name === name)
    const goneOwner = held && isGone(held.owner) ? held.owner : null
    const nonce = randomUUID()
    const pipeline = acquiring({ owner, ttlMs, goneOwner, nonce })
    const lease = await changeOrMake<LeaseDocument>(database, LEASES, name, pipeline)
    if (lease.granted_to === nonce) return { granted: true, token: Long.fromValue(lease.token).toBigInt() }
    return { granted: false, owner: lease.owner as string, expiresAt: lease.expires_at.getTime() }
  }

  /** A lease that has run out but was not taken by anybody is still its owner's. */
  async renew(name: string, token: bigint, ttlMs: number): Promise<boolean> {
    const database = await this.#open()
    const { matchedCount } = await database.repeat(() =>
      database
        .collection<LeaseDocument>(LEASES)
        .updateOne({ _id: name, token: Long.fromBigInt(token), owner: { $ne: null } }, [
          { $set: { expires_at: afterMs(ttlMs) } },
        ]),
    )
    return matchedCount === 1
  }

  async release(name: string, token: bigint): Promise<void> {
    const database = await this.#open()
    await database.repeat(() =>
      database
        .collection<LeaseDocument>(LEASES)
        .updateOne({ _id: name, token: Long.fromBigInt(token) }, { $set: { owner: null } }),
    )
  }

  async list(): Promise<{ name: string; owner: string; expiresAt: number }[]> {
    const database = await this.#open()
    const held = { owner: { $ne: null }, $expr: { $gt: ['$expires_at', '$$NOW'] } }
    const leases = await database.repeat(() =>
      database.collection<LeaseDocument>(LEASES).find(held).sort({ _id: 1 }).toArray(),
    )
    return leases.map((lease) => ({
      name: lease._id,
      owner: lease.owner as string,
      expiresAt: lease.expires_at.getTime(),
    }))
  }
}

/**
 * An attempt that comes after one whose answer was lost finds the lease granted to its own call. One that was
 * under way all along and arrives when the lease has been released leaves it so.
 */
function acquiring({ owner, ttlMs, goneOwner, nonce }: LeaseRequest): Document[] {
  const isOwn = { $eq: ['$granted_to', nonce] }
  const runs = { $gt: ['$expires_at', '$$NOW'] }
  const isHeld = { $and: [HAS_OWNER, runs, { $ne: ['$owner', literal(goneOwner)] }] }
  const grant = {
    owner: literal(owner),
    token: { $add: [{ $ifNull: ['$token', Long.ZERO] }, 1] },
    expires_at: afterMs(ttlMs),
    granted_to: nonce,
  }
  const renewed = withFields({ expires_at: afterMs(ttlMs) })
  const untilTaken = { $cond: [{ $or: [isOwn, isHeld] }, '$$ROOT', withFields(grant)] }
  return [{ $replaceWith: { $cond: [{ $and: [isOwn, HAS_OWNER] }, renewed, untilTaken] } }]
}
