import { MongoClient, type Document } from 'mongodb'
import { isListening } from './is-listening.ts'

/** Where a server stands still, an answer may never come. */
const HELLO_MS = 2000
/** A primary that steps down waits for the others. */
const COMMAND_MS = 30_000

/** Talks to one server, whatever set it belongs to; gives up soon where there is none. */
export async function withDirectClient<T>(
  port: number,
  use: (client: MongoClient) => Promise<T>,
  socketTimeoutMs = COMMAND_MS,
): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: HELLO_MS,
    connectTimeoutMS: HELLO_MS,
    socketTimeoutMS: socketTimeoutMs,
  })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

/** What a server says of itself; null where it does not answer. */
export async function hello(port: number): Promise<Document | null> {
  // the driver would ask twice a second at most
  if (!(await isListening(port))) return null
  try {
    return await withDirectClient(port, (client) => client.db('admin').command({ hello: 1 }), HELLO_MS)
  } catch {
    return null
  }
}
