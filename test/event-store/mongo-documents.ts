import { Binary, type Document, Long, Timestamp } from 'mongodb'
import type { Database } from '../../src/event-store/mongodb/database.ts'
import { EVENTS } from '../../src/event-store/mongodb/schema.ts'
import { bytesOf } from '../contracts/event-store/fixture.ts'

const CHUNK = 10_000

export interface Wanted {
  /** Other ids. */
  seed?: string
  types?: number
  position?: Timestamp
}

/** Events put into the collection by the driver; none of what keeps count of them is used. */
export async function storeDocuments(database: Database, count: number, wanted: Wanted = {}): Promise<void> {
  const { seed = 'e', types = 20, position } = wanted
  for (let from = 0; from < count; from += CHUNK) {
    const length = Math.min(CHUNK, count - from)
    const documents = Array.from({ length }, (_, at) => eventDocument(seed, from + at, types, position))
    await database.collection<Document>(EVENTS).insertMany(documents, { ordered: false })
  }
}

export async function storeTombstones(database: Database, count: number): Promise<void> {
  const documents: Document[] = Array.from({ length: count }, (_, n) => ({
    _id: new Binary(bytesOf(`tombstone ${n}`), 4),
    archived: new Timestamp({ t: 1_400_000_000, i: n + 1 }),
    digest: new Binary(bytesOf(`digest ${n}`)),
    segment: 1,
  }))
  await database.collection<Document>(EVENTS).insertMany(documents)
}

export const idOf = (n: number, seed = 'e'): Uint8Array => bytesOf(`${seed}${n}`)

function eventDocument(seed: string, n: number, types: number, position?: Timestamp): Document {
  return {
    _id: new Binary(idOf(n, seed), 4),
    position: position ?? new Timestamp({ t: 1_500_000_000 + Math.floor(n / 4), i: n % 4 }),
    meta: {
      service: 'shop',
      type: `type-${n % types}`,
      created_at: new Date(1.5e12 + n * 250),
      received_at: new Date(1.7e12),
      aggregate_id: `order/${n % 50}`,
      correlation_id: `customer/${n % 7}`,
    },
    payload: { n, method: 'card' },
    digest: new Binary(bytesOf(`digest ${n}`)),
    append: Long.fromNumber(1),
  }
}
