/**
 * Inserts ready documents by the driver alone, 1,000 a call and 4 calls in flight, and prints the seconds and CPU
 * seconds of that: what an import could reach that had nothing to read. Started by mongodb-import.ts, as a
 * process of its own: node --expose-gc raw-insert.ts URL EVENTS
 */
import { type Document, MongoClient } from 'mongodb'
import { EVENTS } from '../../src/event-store/mongodb/schema.ts'
import { events } from './dumps.ts'
import { eventDocument } from './mongo-documents.ts'

const BATCH = 1000
const IN_FLIGHT = 4

const [url = '', count = ''] = process.argv.slice(2)
const batches: Document[][] = []
let index = 0
for (const event of events(Number(count))) {
  if (index % BATCH === 0) batches.push([])
  batches.at(-1)?.push(eventDocument(event, index))
  index += 1
}

const client = await new MongoClient(url, { retryWrites: false }).connect()
const collection = client.db().collection(EVENTS, { writeConcern: { w: 'majority', journal: true } })
globalThis.gc?.()
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
// taken from the end, so that what has been sent is no more in the way of the garbage collector
batches.reverse()
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      await collection.insertMany(batch, { ordered: false })
    }
  }),
)
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 }))
await client.close()
