import { setTimeout as delay } from 'node:timers/promises'
import { DemetraError, EXIT } from '../../errors.ts'
import type { Database } from './database.ts'
import { isOver, isPassing, storeError } from './errors.ts'
import { insertDocuments } from './insert-command.ts'
import { knownEvents } from './known-events.ts'
import { keyOf, type Piece, WRITTEN } from './piece.ts'

/** Events in one command: enough to be quick, few enough to be over long before the server's time is up. */
const COMMAND_EVENTS = 1000
const FEWEST_EVENTS = 50
const COMMAND_BYTES = 4 * 1024 * 1024
const RETRY_AFTER_MS = 200
/** With such a share of a command's events known, the next are looked up before they are sent. */
const KNOWN_SHARE = 0.1

/** What has to hold whenever events are sent; where it does not, it throws. */
export interface BeforeSending {
  command(): Promise<void>
  /** An answer was lost: time has passed, and a part of the command may have been stored. */
  retry(): Promise<void>
}

/** Sends events to the server, command by command, until it is known of each what became of it. */
export class Sending {
  readonly #database: Database
  readonly #maxTimeMs: number
  #commandEvents = COMMAND_EVENTS
  #looksFirst = false

  /** `maxTimeMs`: how long the server may work at a command from when it arrived. */
  constructor(database: Database, maxTimeMs: number) {
    this.#database = database
    this.#maxTimeMs = maxTimeMs
  }

  /** The events of `piece` at `indexes`, in their order. */
  async send(piece: Piece, indexes: readonly number[], before: BeforeSending): Promise<void> {
    for (let from = 0; from < indexes.length;) {
      const next = indexes.slice(from, from + this.#commandEvents)
      from += next.length
      const unknown = this.#looksFirst ? await this.lookUp(piece, next) : next
      await this.#insertAll(piece, unknown, before)
      const known = next.filter((index) => piece.outcome(index) !== WRITTEN)
      this.#looksFirst = known.length > next.length * KNOWN_SHARE
    }
  }

  /** Notes those that are stored already; returns the others. */
  async lookUp(piece: Piece, indexes: readonly number[]): Promise<number[]> {
    if (indexes.length === 0) return []
    const found = await knownEvents(
      this.#database,
      indexes.map((index) => piece.batch.id(index)),
    )
    return indexes.filter((index) => {
      const known = found.get(keyOf(piece.batch.id(index)))
      if (known !== undefined) piece.isKnown(index, known)
      return known === undefined
    })
  }

  async #insertAll(piece: Piece, indexes: readonly number[], before: BeforeSending): Promise<void> {
    for (let from = 0; from < indexes.length;) {
      const next = this.#oneCommand(piece, indexes, from)
      await this.#insert(piece, next, before)
      from += next.length
    }
  }

  #oneCommand({ batch }: Piece, indexes: readonly number[], from: number): number[] {
    let sizeBytes = 0
    let to = from
    while (to < indexes.length && (to === from || sizeBytes < COMMAND_BYTES)) {
      sizeBytes += batch.sizeBytes(indexes[to] as number)
      to += 1
    }
    return indexes.slice(from, to)
  }

  async #insert(piece: Piece, indexes: readonly number[], before: BeforeSending): Promise<void> {
    const giveUpAt = this.#database.patience()
    await before.command()
    for (let open = indexes; ;) {
      try {
        open = await this.#attempt(piece, open)
      } catch (error) {
        if (!isPassing(error)) throw storeError(error, this.#database.url)
        if (performance.now() > giveUpAt) throw this.#database.gone(error)
        open = await this.#readBack(piece, open, error)
      }
      if (open.length === 0) return
      if (performance.now() > giveUpAt) throw neitherStoredNorNew(this.#database.url)
      await delay(RETRY_AFTER_MS)
      await before.retry()
    }
  }

  /** Returns those of which nothing is known: stored by somebody and gone again in the same moment. */
  async #attempt(piece: Piece, indexes: readonly number[]): Promise<number[]> {
    const left = await insertDocuments(this.#database, piece.batch.documents(indexes), this.#maxTimeMs)
    this.#commandEvents = Math.min(COMMAND_EVENTS, Math.ceil(this.#commandEvents * 1.25))
    if (left.length === 0) {
      for (const index of indexes) piece.isWritten(index)
      return []
    }
    const known = new Set(left)
    indexes.forEach((index, at) => {
      if (!known.has(at)) piece.isWritten(index)
    })
    return this.lookUp(
      piece,
      left.map((at) => indexes[at] as number),
    )
  }

  /**
   * After an outcome that nobody knows: what carries the number of this call was written by it. Returns the others.
   * Where no answer came, the command may still be at work: it is waited out, so that two of them do not turn the order
   * over between them.
   */
  async #readBack(piece: Piece, indexes: readonly number[], error: unknown): Promise<number[]> {
    this.#commandEvents = Math.max(FEWEST_EVENTS, Math.floor(this.#commandEvents / 2))
    if (!isOver(error)) {
      await this.#database.hello()
      await delay(this.#maxTimeMs)
    }
    return this.lookUp(piece, indexes)
  }
}

function neitherStoredNorNew(url: string): DemetraError {
  return new DemetraError(`MongoDB at ${url} says of events that they are stored, and that they are not`, {
    code: 'DEMETRA_STORE_FAILED',
    exitCode: EXIT.failed,
    hints: ['`demetra setup` checks the collection and its indexes'],
  })
}
