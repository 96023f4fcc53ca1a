import { createHash } from 'node:crypto'
import type { LogPoint, NewEvent, StoredEvent } from '../../../src/event/event.ts'
import type { EventStore, EventStoreCapabilities } from '../../../src/event-store/event-store.ts'

/** How the suite gets at an adapter. */
export interface EventStoreHarness {
  /** What the adapter must declare; tests of what it cannot promise are left out. */
  capabilities: EventStoreCapabilities
  /** A database that nobody has used yet. */
  create(): Promise<EventStoreDatabase>
}
/** Two calls of `open` are two processes at one database; other processes open it by its URL. */
export interface EventStoreDatabase {
  url: string
  open(): Promise<EventStore>
  dispose(): Promise<void>
}

/** Opens stores and closes what a test has opened. */
export class Opened {
  readonly #harness: EventStoreHarness
  readonly #databases: EventStoreDatabase[] = []
  readonly #stores: EventStore[] = []

  constructor(harness: EventStoreHarness) {
    this.#harness = harness
  }

  async database(): Promise<EventStoreDatabase> {
    const database = await this.#harness.create()
    this.#databases.push(database)
    return { ...database, open: () => this.#open(database) }
  }

  async store(): Promise<EventStore> {
    const database = await this.database()
    return database.open()
  }

  async close(): Promise<void> {
    for (const store of this.#stores.splice(0)) await store.close()
    for (const database of this.#databases.splice(0)) await database.dispose()
  }

  async #open(database: EventStoreDatabase): Promise<EventStore> {
    const store = await database.open()
    this.#stores.push(store)
    return store
  }
}

/** 16 bytes that stand for a text; spread over the whole range, like a UUID's. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest().subarray(0, 16))
}

/** An event whose id follows from `name` and whose digest from its payload. */
export function anEvent(name: string, more: Partial<NewEvent> = {}): NewEvent {
  const payload = more.payload ?? `{"name":${JSON.stringify(name)}}`
  return {
    id: bytesOf(name),
    service: 'shop',
    type: 'order-placed',
    createdAt: Date.UTC(2016, 0, 1, 12),
    receivedAt: Date.UTC(2026, 0, 1),
    aggregateId: `order/${name}`,
    correlationId: null,
    metaExtra: null,
    payload,
    digest: bytesOf(payload),
    position: null,
    ...more,
  }
}

export function events(count: number, of: (n: number) => NewEvent): NewEvent[] {
  return Array.from({ length: count }, (_, n) => of(n))
}

export async function all(batches: AsyncIterable<StoredEvent[]>): Promise<StoredEvent[]> {
  const found: StoredEvent[] = []
  for await (const batch of batches) found.push(...batch)
  return found
}

/** For comparing: ids as hexadecimal text. */
export function ids(of: readonly { id: Uint8Array }[]): string[] {
  return of.map(({ id }) => Buffer.from(id).toString('hex'))
}

/** For comparing: bytes as hexadecimal text. */
export function plain(event: StoredEvent | NewEvent): Record<string, unknown> {
  return {
    ...event,
    id: Buffer.from(event.id).toString('hex'),
    digest: Buffer.from(event.digest).toString('hex'),
  }
}

/** (position, id) order. */
export function compare(a: LogPoint, b: LogPoint): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1
  return Buffer.compare(a.id, b.id)
}

/** Before every event. */
export const START: LogPoint = { position: -1n, id: new Uint8Array(0) }
/** After every event of a position. */
export const endOf = (position: bigint): LogPoint => ({ position, id: new Uint8Array(16).fill(255) })
