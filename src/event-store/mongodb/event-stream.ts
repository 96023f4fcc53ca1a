import type { ChangeStream, Document, Timestamp } from 'mongodb'
import type { Database } from './database.ts'
import { lookForNewest } from './newest-position.ts'
import { fromTimestamp } from './position.ts'
import { EVENTS } from './schema.ts'

/** So long the server holds back an answer where there is none: how long a `next` takes at most. */
const AWAIT_MS = 1000

/** Inserts only, and of these no more than where they stand. An archived event is a replacement. */
const PIPELINE = [
  { $match: { operationType: 'insert' } },
  { $project: { _id: 1, position: '$fullDocument.position' } },
]

/**
 * Positions of events as they are stored, by a change stream. It begins at a time before the log was looked at, and the
 * look sees all up to that time: so each event is in one of the two.
 */
export class EventStream {
  /** The newest position when the stream began. */
  readonly beganAt: bigint
  readonly #stream: ChangeStream

  private constructor(stream: ChangeStream, beganAt: bigint) {
    this.#stream = stream
    this.beganAt = beganAt
  }

  static async open(database: Database): Promise<EventStream> {
    const session = database.session()
    try {
      await database.db.command({ ping: 1 }, { session })
      const startAtOperationTime = session.operationTime
      if (startAtOperationTime === undefined) throw new Error('the server tells no time')
      const beganAt = await lookForNewest(database, session)
      const stream = database
        .collection(EVENTS)
        .watch(PIPELINE, { startAtOperationTime, maxAwaitTimeMS: AWAIT_MS })
      return new EventStream(stream, beganAt)
    } finally {
      await session.endSession()
    }
  }

  /** The position of the next event; null: none came for a while. */
  async next(): Promise<bigint | null> {
    const change = (await this.#stream.tryNext()) as Document | null
    const position = change?.['position'] as Timestamp | undefined
    return position === undefined ? null : fromTimestamp(position)
  }

  async close(): Promise<void> {
    await this.#stream.close()
  }
}
