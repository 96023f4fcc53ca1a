import { expect } from 'vitest'
import { createHash } from 'node:crypto'
import type { LogPoint, StoredEvent } from '../../../src/event/event.ts'
import {
  ARCHIVE_LEASE,
  type Catalogue,
  type SegmentContent,
  type SegmentIntent,
} from '../../../src/event-store/catalogue.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { compare } from './fixture.ts'

/** Takes the lease of the archive, also from one who has it, and tells its token. */
export async function archiveFence(store: EventStore, owner = 'archive 1'): Promise<bigint> {
  const grant = await store.leases.acquire(ARCHIVE_LEASE, owner, 60_000, () => true)
  if (!grant.granted) throw new Error(`${grant.owner} has the archive`)
  return grant.token
}

export function xorOf(values: readonly Uint8Array[]): Uint8Array {
  const xor = new Uint8Array(16)
  for (const value of values) value.forEach((byte, i) => (xor[i]! ^= byte))
  return xor
}

/** What events in log order make as a segment. */
export function intentOf(events: readonly StoredEvent[]): SegmentIntent {
  const point = ({ position, id }: LogPoint): LogPoint => ({ position, id })
  return {
    first: point(events[0]!),
    last: point(events.at(-1)!),
    events: events.length,
    idsXor: xorOf(events.map(({ id }) => id)),
  }
}

export function contentOf(
  events: readonly StoredEvent[],
  key = 'events/month=2016-01/1.ndjson.gz',
): SegmentContent {
  const types = Map.groupBy(events, ({ type }) => type)
  return {
    key,
    types: [...types].map(([type, of]) => ({ type, events: of.length })),
    textBytes: events.length * 380,
    gzipBytes: 2 ** 33,
    sha256: new Uint8Array(createHash('sha256').update(`${key} ${events.length}`).digest()),
    digestsXor: xorOf(events.map(({ digest }) => digest)),
  }
}

/** All steps of a segment up to its tombstones. Returns its number. */
export async function archive(
  catalogue: Catalogue,
  events: readonly StoredEvent[],
  fence: bigint,
  steps: { purged: boolean } = { purged: true },
): Promise<number> {
  const inOrder = events.toSorted(compare)
  const number = await catalogue.begin(intentOf(inOrder), fence)
  await catalogue.commit(number, contentOf(inOrder), fence)
  if (!steps.purged) return number
  expect(await catalogue.entomb(number, inOrder, fence)).toEqual({
    moved: events.length,
    already: 0,
    left: [],
  })
  await catalogue.purged(number, fence)
  return number
}
