import { EventCounts } from '../event-counts.ts'
import { toRows } from './counts.ts'
import type { Database } from './database.ts'
import { foldGoneWriters, freezeWriter, takeOver } from './fold.ts'
import { type CallEvents, toPending } from './pending-call.ts'
import type { SequenceDocument, WriterDocument } from './schema.ts'

/** Types and days that one writer counts at most: its document is written anew with each call. */
const MAX_PAIRS = 4000

/**
 * One call of `append` at a time goes through a writer. Before the call sends an event its number and its ids are
 * written down, together with what the calls before have counted: if the process is killed then, each event is still
 * counted once. (A call that stood still for ten minutes is taken for dead; what it stores after that is not counted.)
 */
export class Writer {
  readonly number: number
  readonly #database: Database
  readonly #counts = new EventCounts()
  #call = 0
  #append = 0n

  constructor(database: Database, number: number) {
    this.#database = database
    this.number = number
  }

  get call(): number {
    return this.#call
  }
  get isFull(): boolean {
    return this.#counts.size > MAX_PAIRS
  }

  /**
   * Begins a call. Returns its number, which stands in each of its events; null: this writer was taken for gone, and
   * has to be replaced by another.
   */
  async begin(call: CallEvents, importId?: string): Promise<bigint | null> {
    this.#call += 1
    this.#append = (BigInt(this.number) << 32n) | BigInt(this.#call)
    const pending = toPending(this.#append, call, importId)
    const counts = toRows(this.#counts)
    const { matchedCount, upsertedCount } = await this.#database.repeat(() =>
      this.#documents().updateOne(
        { _id: this.number, frozen: { $exists: false } },
        { $set: { pending, counts }, $currentDate: { heard_at: true } },
        { upsert: this.#call === 1 },
      ),
    )
    return matchedCount + upsertedCount === 0 ? null : this.#append
  }

  /** The call is over, and `written` says which of its events it has stored. */
  end(written: EventCounts): void {
    this.#counts.addAll(written)
  }

  /** Nothing goes through this writer any more. */
  async close(): Promise<void> {
    if (this.#call === 0) return
    const frozen = await freezeWriter(this.#database, { _id: this.number }, toRows(this.#counts))
    if (frozen !== null) await takeOver(this.#database, this.number, frozen.counts)
  }

  #documents() {
    return this.#database.collection<WriterDocument>('demetra_writers')
  }
}

/** The writers of this process: as many as calls may be in flight. */
export class Writers {
  readonly #database: Database
  readonly #limit: number
  readonly #free: Writer[] = []
  readonly #waiting: ((writer: Writer | null) => void)[] = []
  #out = 0
  readonly #closing = new Set<Promise<void>>()
  #foldedGone: Promise<void> | null = null

  constructor(database: Database, limit: number) {
    this.#database = database
    this.#limit = limit
  }

  /** One that nobody uses now. Give it back, or retire it. */
  async take(): Promise<Writer> {
    let free = this.#free.pop() ?? null
    if (free === null && this.#out >= this.#limit) {
      free = await new Promise<Writer | null>((resolve) => this.#waiting.push(resolve))
    } else this.#out += 1
    try {
      return free ?? (await this.#create())
    } catch (error) {
      this.retire()
      throw error
    }
  }

  /** For the next call. */
  give(writer: Writer): void {
    if (writer.isFull) {
      this.#close(writer)
      this.#replaced()
      return
    }
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next(writer)
      return
    }
    this.#out -= 1
    this.#free.push(writer)
  }

  /**
   * After a call that failed: what it has stored is not known. Its number and ids stay written down, and what carries
   * the number is counted by whoever looks.
   */
  retire(): void {
    this.#replaced()
  }

  /** For one that was taken for gone, and whose counts others have taken over. */
  replace(): Promise<Writer> {
    return this.#create()
  }

  /** What cannot be taken over now stays written down with its last call, and is by whoever comes later. */
  async close(): Promise<void> {
    for (const writer of this.#free.splice(0)) this.#close(writer)
    await Promise.all(this.#closing)
  }

  #close(writer: Writer): void {
    const closing = writer.close().catch(() => undefined)
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }

  #replaced(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#out -= 1
    else next(null)
  }

  async #create(): Promise<Writer> {
    this.#foldedGone ??= foldGoneWriters(this.#database).catch(() => undefined)
    await this.#foldedGone
    const sequence = await this.#database.repeat(() =>
      this.#database
        .collection<SequenceDocument>('demetra_store')
        .findOneAndUpdate(
          { _id: 'writers' },
          { $inc: { last: 1 } },
          { upsert: true, returnDocument: 'after', includeResultMetadata: false },
        ),
    )
    return new Writer(this.#database, (sequence as SequenceDocument).last)
  }
}
