import { MongoClient } from 'mongodb'
import { EVENTS, indexDocument, INDEXES } from '../../src/event-store/mongodb/schema.ts'
import { mongodHere, VARIABLE } from '../../test/servers/find-mongod.ts'
import { type ReplicaSet, startReplicaSet } from '../../test/servers/replica-set.ts'
import { cpuSeconds } from './cpu.ts'

const CACHE_GIB = 2

/** A mongod of the benchmark's own, as a replica set of one. */
export class MongoServer {
  readonly #set: ReplicaSet

  private constructor(set: ReplicaSet) {
    this.#set = set
  }

  /** Null, and on stderr why, where there is no mongod. */
  static async start(): Promise<MongoServer | null> {
    if ((await mongodHere()) === null) {
      console.error(`There is no mongod to measure with: set ${VARIABLE}=/path/to/mongod (6.0 or later)`)
      return null
    }
    const flags = ['--wiredTigerCacheSizeGB', String(CACHE_GIB)]
    return new MongoServer(await startReplicaSet({ members: 1, arguments: flags }))
  }

  url(database: string): string {
    return this.#set.url(database)
  }

  /** CPU seconds of the server so far; NaN where the system does not tell. */
  cpuSeconds(): number {
    return this.#set.members.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  }

  /** An empty collection with the indexes of a Demetra store, partial as they are there or over all documents. */
  async create(database: string, options: { partial: boolean }): Promise<void> {
    await this.#use(database, async (client) => {
      const events = await client.db().createCollection(EVENTS)
      await events.createIndexes(
        INDEXES.map((index) => (options.partial ? indexDocument(index) : { key: index.key })),
      )
    })
  }

  /** Throws where a document is missing in the collection or in one of its indexes. */
  async expectFull(database: string, count: number): Promise<void> {
    await this.#use(database, async (client) => {
      const events = client.db().collection(EVENTS)
      for (const { key, name, partialFilterExpression } of await events.indexes()) {
        const found = await events.countDocuments(partialFilterExpression ?? {}, { hint: key })
        if (found !== count) {
          throw new Error(`${found} of ${count} documents of ${database} are in the index ${String(name)}`)
        }
      }
    })
  }

  /** Drops a database and has all of it written out, so that the next run does not pay for this one. */
  async drop(database: string): Promise<void> {
    await this.#use(database, async (client) => {
      await client.db().dropDatabase()
      await client.db('admin').command({ fsync: 1 })
    })
  }

  async stop(): Promise<void> {
    await this.#set.stop()
  }

  /** A client for each task: none has to live through the runs, in which this process only waits. */
  async #use(database: string, task: (client: MongoClient) => Promise<void>): Promise<void> {
    const client = new MongoClient(this.url(database))
    try {
      await task(client)
    } finally {
      await client.close()
    }
  }
}
