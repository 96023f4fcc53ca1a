import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { Binary, MongoClient, Timestamp } from 'mongodb'

const ORDINALS = 1n << 31n

/**
 * Puts a copy of the newest event below it, past every guard: straight into the database of an event store, as no
 * Demetra does.
 */
export async function slipIn(url: string, secondsBefore: number): Promise<void> {
  await (url.startsWith('sqlite:') ? slipIntoFile(url, secondsBefore) : slipIntoMongo(url, secondsBefore))
}

function slipIntoFile(url: string, secondsBefore: number): void {
  using database = new DatabaseSync(url.replace('sqlite:', ''))
  const columns =
    'service, type, created_at, received_at, aggregate_id, correlation_id, meta_extra, payload, digest'
  database
    .prepare(
      `INSERT INTO events (position, id, ${columns}) SELECT position - ?, randomblob(16), ${columns} FROM events
       ORDER BY position DESC LIMIT 1`,
    )
    .run(BigInt(secondsBefore) * ORDINALS + 1n)
}

async function slipIntoMongo(url: string, secondsBefore: number): Promise<void> {
  await using client = await MongoClient.connect(url)
  const events = client.db().collection('events')
  const newest = await events.findOne(
    { position: { $exists: true } },
    { sort: { position: -1 }, promoteValues: false },
  )
  if (newest === null) throw new Error('there is no event to copy')
  const { t, i } = newest['position'] as Timestamp
  const position = new Timestamp({ t: t - secondsBefore, i: i - 1 })
  await events.insertOne({ ...newest, _id: new Binary(randomBytes(16), 4) as never, position })
}
