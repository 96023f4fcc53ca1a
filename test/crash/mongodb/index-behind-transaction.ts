import { setTimeout as delay } from 'node:timers/promises'
import { MongoClient } from 'mongodb'

/**
 * Someone has an index made while a transaction that has written to the events is open: the index waits for the
 * transaction, and every insert, its positions given already, waits behind the index.
 */
export async function indexBehindTransaction(url: string, heldMs: number): Promise<void> {
  await using client = await MongoClient.connect(url)
  const events = client.db().collection('events')
  await client.withSession(async (session) => {
    session.startTransaction()
    // no event: it has no position
    await events.insertOne({ note: 'never stored' }, { session })
    const made = events.createIndex({ note: 1 }, { sparse: true })
    await delay(heldMs)
    await session.abortTransaction()
    await made
  })
  await events.dropIndex({ note: 1 } as never)
}
