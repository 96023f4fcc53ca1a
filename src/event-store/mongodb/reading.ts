import { Binary, type ClientSession, type Document, type FindOptions, Timestamp } from 'mongodb'
import type { LogPoint } from '../../event/event.ts'
import { elementEnd, int32From } from './bson-types.ts'
import type { Database } from './database.ts'
import { hasHead, ID, POSITION } from './document-layout.ts'
import { positionOf, toTimestamp } from './position.ts'
import { EVENTS, type IndexSpec } from './schema.ts'

export interface Query {
  filter: Document
  sort?: Document
  projection?: Document
  /** Every query names its index: a server that chooses one is wrong at times, and for minutes. */
  hint: IndexSpec['name']
  limit: number
  skip?: number
}

export interface Answer {
  /** BSON, one buffer for each document; all lie in the server's reply. */
  documents: Buffer[]
  /** There may be more: as many as asked for, or what fits into one reply. */
  isCut: boolean
}

export const LAST_POSITION = 2n ** 63n - 1n
/** Before everything: an id of no bytes stands before all. */
export const START: LogPoint = { position: 0n, id: new Uint8Array(0) }

/** Less than after how long the socket is given up, so that the server gives up first. */
export const MAX_TIME_MS = 30_000
const ID_BYTES = 16
export const UUID_SUBTYPE = 4

/** Queries for events, one after the other, in one causally consistent session: none sees less than one before. */
export class Reading {
  readonly #database: Database
  readonly #session: ClientSession
  #isOver = false

  constructor(database: Database) {
    this.#database = database
    this.#session = database.session()
  }

  /** The first reply and no cursor: who reads on asks from where this ended. Tried again while servers change. */
  find(query: Query): Promise<Answer> {
    return this.#database.repeat(() => this.#attempt(query))
  }

  /** All of it, whatever its size. */
  findAll({ filter, hint }: Pick<Query, 'filter' | 'hint'>): Promise<Buffer[]> {
    return this.#database.repeat(async () => {
      this.#check()
      const documents = (await this.#cursor(filter, { hint }).toArray()) as unknown as Buffer[]
      this.#database.sawTime(this.#session.operationTime)
      return documents
    })
  }

  /** `pending`: what was asked for and is not waited for any more. */
  end(pending: Promise<unknown>): void {
    this.#isOver = true
    const end = (): Promise<void> => this.#session.endSession()
    pending.then(end, end).catch(() => undefined)
  }

  async #attempt({ filter, limit, ...options }: Query): Promise<Answer> {
    this.#check()
    // with one more than the limit the server knows at once that it is done, and leaves no cursor open
    const cursor = this.#cursor(filter, { ...options, limit, batchSize: limit + 1 })
    try {
      await cursor.hasNext()
      const documents = cursor.readBufferedDocuments() as unknown as Buffer[]
      // the catalogue is not read behind it
      this.#database.sawTime(this.#session.operationTime)
      return { documents, isCut: documents.length >= limit || cursor.id?.isZero() === false }
    } finally {
      await cursor.close().catch(() => undefined)
    }
  }

  #cursor(filter: Document, options: FindOptions) {
    return this.#database
      .collection(EVENTS)
      .find(filter, { ...options, raw: true, maxTimeMS: MAX_TIME_MS, session: this.#session })
  }

  /** Ends the trying where nobody waits for it. */
  #check(): void {
    if (this.#isOver) throw new Error('what was asked for is not waited for any more')
  }
}

/** Where a document stands in the log. What comes from an index alone has its members in the order of the index. */
export function pointOf(bytes: Buffer): LogPoint {
  let id: Uint8Array | null = null
  let position = -1n
  for (let at = 4; bytes[at] !== 0 && (id === null || position < 0n); at = elementEnd(bytes, at)) {
    if (hasHead(bytes, at, ID)) {
      id = bytes.subarray(at + ID.length, at + ID.length + ID_BYTES)
    } else if (hasHead(bytes, at, POSITION)) {
      const valueAt = at + POSITION.length
      position = positionOf(int32From(bytes, valueAt + 4), int32From(bytes, valueAt))
    }
  }
  if (id === null || position < 0n) {
    throw new Error(`a document of ${EVENTS} is not as Demetra writes it: it has no UUID or no position`)
  }
  return { position, id }
}

export const timestamp = (position: bigint): Timestamp => toTimestamp(position, Timestamp)

/** Ids above that of a point, in the order of bytes. One that is too short stands before all that begin with it. */
export function idsAbove(id: Uint8Array): Document {
  return { [id.length < ID_BYTES ? '$gte' : '$gt']: uuid(id) }
}
/** Ids up to that of a point. */
export function idsUpTo(id: Uint8Array): Document {
  return { [id.length < ID_BYTES ? '$lt' : '$lte']: uuid(id) }
}

/** MongoDB orders binary values by length first: it is given 16 bytes always. */
export function uuid(id: Uint8Array): Binary {
  const bytes = Buffer.alloc(ID_BYTES)
  bytes.set(id.subarray(0, ID_BYTES))
  return new Binary(bytes, UUID_SUBTYPE)
}
