import { MongoClient } from 'mongodb'
import { openEventStore } from '../../src/event-store/open.ts'
import type { EventStoreDatabase } from '../contracts/event-store.contract.ts'

let databases = 0

/** Databases of their own on a server; `urlOf` names one by its URL. */
export function mongoDatabases(urlOf: (name: string) => string): () => Promise<EventStoreDatabase> {
  return () => {
    databases += 1
    const url = urlOf(`test_${process.pid}_${databases}`)
    return Promise.resolve({ url, open: () => openEventStore(url), dispose: () => dropDatabase(url) })
  }
}

async function dropDatabase(url: string): Promise<void> {
  await using client = new MongoClient(url)
  await client.db().dropDatabase()
}
