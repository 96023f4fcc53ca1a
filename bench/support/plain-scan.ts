import { DatabaseSync } from 'node:sqlite'
import { MongoClient, type UUID } from 'mongodb'

/** An event as handlers see it. */
export interface PlainEvent {
  id: string
  meta: Record<string, unknown> & { aggregate_id: string; created_at: Date }
  payload: Record<string, unknown>
}

interface EventRow {
  id: Uint8Array
  service: string
  type: string
  created_at: number
  received_at: number
  aggregate_id: string
  correlation_id: string | null
  payload: string
}

/** Every event of a store in log order, by its database's driver alone and the shortest loop there is. */
export async function plainScan(url: string, handle: (event: PlainEvent) => void): Promise<void> {
  if (url.startsWith('mongodb:')) await scanMongo(url, handle)
  else scanSqlite(url.slice('sqlite:'.length), handle)
}

function scanSqlite(path: string, handle: (event: PlainEvent) => void): void {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('PRAGMA cache_size = -65536')
  const rows = database
    .prepare(
      `SELECT id, service, type, created_at, received_at, aggregate_id, correlation_id, payload
       FROM events ORDER BY position, id`,
    )
    .iterate() as unknown as Iterable<EventRow>
  for (const row of rows) {
    const { service, type, aggregate_id, correlation_id } = row
    const created_at = new Date(row.created_at)
    const received_at = new Date(row.received_at)
    const meta = { service, type, created_at, received_at, aggregate_id, correlation_id }
    handle({ id: uuidText(row.id), meta, payload: JSON.parse(row.payload) as Record<string, unknown> })
  }
  database.close()
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return parts.join('-')
}

async function scanMongo(url: string, handle: (event: PlainEvent) => void): Promise<void> {
  const client = new MongoClient(url)
  const events = client
    .db()
    .collection<{ _id: UUID; meta: PlainEvent['meta']; payload: PlainEvent['payload'] }>('events')
    .find({ position: { $exists: true } }, { sort: { position: 1, _id: 1 }, batchSize: 5000 })
  for await (const { _id, meta, payload } of events) handle({ id: _id.toString(), meta, payload })
  await client.close()
}
