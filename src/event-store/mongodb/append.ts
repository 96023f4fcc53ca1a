import type { NewEvent } from '../../event/event.ts'
import type { AppendOptions, AppendResult, BackfillHandle } from '../event-store.ts'
import { foremostReader, prepareBackfill } from './backfills.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { EarlierCalls } from './earlier-calls.ts'
import { ImportTurns, type Through } from './import-turns.ts'
import { Piece } from './piece.ts'
import { Sending } from './sending.ts'
import { type Writer, Writers } from './writers.ts'

/** Events under one number: their ids are written down before, 16 bytes each. */
const PIECE_EVENTS = 20_000
/** Lanes in which the events of different aggregates pass each other. */
const LANES = 4

/** Stores events: the way of a call from its turn to its result. */
export class Append {
  readonly #database: Database
  readonly #clock: Clock
  readonly #writers: Writers
  readonly #turns: ImportTurns
  readonly #earlier: EarlierCalls
  readonly #sending: Sending
  readonly #lanes = Array.from({ length: LANES }, () => new Lane())

  constructor(database: Database, clock: Clock, options: { maxTimeMs: number; inFlight: number }) {
    this.#database = database
    this.#clock = clock
    this.#writers = new Writers(database, options.inFlight)
    this.#turns = new ImportTurns(database)
    this.#earlier = new EarlierCalls(database)
    this.#sending = new Sending(database, options.maxTimeMs)
  }

  async append(events: readonly NewEvent[], options: AppendOptions): Promise<AppendResult> {
    const { progress, follows } = options
    const turn = progress && (await this.#turns.enter(progress, follows))
    const result = emptyResult()
    const through: Through[] = []
    const used: Writer[] = []
    try {
      for (let from = 0; from < events.length; from += PIECE_EVENTS) {
        const part = events.length <= PIECE_EVENTS ? events : events.slice(from, from + PIECE_EVENTS)
        const { piece, writer } = await this.#write(part, options)
        used.push(writer)
        through.push({ writer: writer.number, call: writer.call })
        addOutcomes(result, piece, from)
      }
      const { written, duplicates, conflicts, skipped } = result
      await turn?.save({ written: written + skipped, duplicates, conflicts }, through)
      for (const writer of used) this.#writers.give(writer)
      return result
    } catch (error) {
      turn?.fail()
      // what this call has stored all the same is found again by those that go on from before it
      if (progress !== undefined) this.#earlier.forget(progress.importId)
      for (const _ of used) this.#writers.retire()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#writers.close()
  }

  async #write(
    events: readonly NewEvent[],
    { progress, backfill, order }: AppendOptions,
  ): Promise<{ piece: Piece; writer: Writer }> {
    const isEarlier = progress === undefined ? () => false : await this.#earlier.of(progress)
    let writer = await this.#writers.take()
    try {
      if (events.some(({ position }) => position === null)) await this.#clock.check()
      const ids = idsOf(events)
      let append = await writer.begin(ids, progress?.importId)
      while (append === null) {
        writer = await this.#writers.replace()
        append = await writer.begin(ids, progress?.importId)
      }
      const piece = new Piece(events, append, isEarlier)
      const indexes = [...events.keys()]
      if (backfill === undefined) await this.#send(piece, indexes, order)
      else await this.#sendBackfilled(piece, indexes, backfill)
      writer.end(piece.written())
      return { piece, writer }
    } catch (error) {
      this.#writers.retire()
      throw error
    }
  }

  async #send(piece: Piece, indexes: readonly number[], order: AppendOptions['order']): Promise<void> {
    const nothing = (): Promise<void> => Promise.resolve()
    if (order !== 'aggregate') {
      await this.#sending.send(piece, indexes, nothing)
      return
    }
    const lanes: number[][] = Array.from({ length: LANES }, () => [])
    for (const index of indexes) lanes[laneOf((piece.events[index] as NewEvent).aggregateId)]?.push(index)
    const sent = lanes.map((lane, number) =>
      lane.length === 0
        ? Promise.resolve()
        : (this.#lanes[number] as Lane).run(() => this.#sending.send(piece, lane, nothing)),
    )
    // all are waited for: nothing of a call that failed is on its way any more when it is told
    for (const outcome of await Promise.allSettled(sent))
      if (outcome.status === 'rejected') throw outcome.reason
  }

  /** Given positions keep the order, whatever the order of writing. */
  async #sendBackfilled(piece: Piece, indexes: readonly number[], backfill: BackfillHandle): Promise<void> {
    const foremost = await foremostReader(this.#database)
    const lowest = lowestPosition(piece, indexes)
    // only what is new can stand below a reader: where it may, it is found out first what is
    const mayStandBelow = foremost !== null && lowest !== null && lowest <= foremost
    const unknown = mayStandBelow ? await this.#sending.lookUp(piece, indexes) : indexes
    const prepare = (): Promise<void> =>
      prepareBackfill(this.#database, backfill, lowestPosition(piece, unknown))
    await prepare()
    await this.#sending.send(piece, unknown, prepare)
  }
}

function lowestPosition({ events }: Piece, indexes: readonly number[]): bigint | null {
  let lowest: bigint | null = null
  for (const index of indexes) {
    const position = events[index]?.position ?? null
    if (position !== null && (lowest === null || position < lowest)) lowest = position
  }
  return lowest
}

function idsOf(events: readonly NewEvent[]): Uint8Array {
  const ids = new Uint8Array(events.length * 16)
  events.forEach(({ id }, index) => ids.set(id, index * 16))
  return ids
}

/** One at a time, in the order of asking. What waits behind one that failed fails with it: it must not pass it. */
class Lane {
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0

  async run(send: () => Promise<void>): Promise<void> {
    this.#waiting += 1
    const sent = this.#tail.then(send)
    this.#tail = sent
    try {
      await sent
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0) this.#tail = Promise.resolve()
    }
  }
}

function laneOf(aggregateId: string): number {
  let hash = 0
  for (let i = 0; i < aggregateId.length; i += 1) hash = (Math.imul(hash, 31) + aggregateId.charCodeAt(i)) | 0
  return (hash ^ (hash >>> 16)) & (LANES - 1)
}

function emptyResult(): AppendResult {
  return { written: 0, duplicates: 0, conflicts: 0, skipped: 0, duplicateIndexes: [], conflictIndexes: [] }
}

function addOutcomes(result: AppendResult, piece: Piece, from: number): void {
  piece.events.forEach((_, index) => {
    const outcome = piece.outcome(index)
    if (outcome === 'written') result.written += 1
    else if (outcome === 'skipped') result.skipped += 1
    else if (outcome === 'duplicate') result.duplicateIndexes.push(from + index)
    else result.conflictIndexes.push(from + index)
  })
  result.duplicates = result.duplicateIndexes.length
  result.conflicts = result.conflictIndexes.length
}
