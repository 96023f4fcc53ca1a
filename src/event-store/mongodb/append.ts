import { DemetraError, EXIT } from '../../errors.ts'
import { EventError } from '../../event/assemble.ts'
import type { NewEvent } from '../../event/event.ts'
import { formatUuid } from '../../event/uuid.ts'
import type { AppendOptions, AppendResult, BackfillHandle } from '../event-store.ts'
import { confirmBackfill, foremostReader, prepareBackfill } from './backfills.ts'
import { Batch } from './batch.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { EarlierCalls } from './earlier-calls.ts'
import { ImportTurns } from './import-turns.ts'
import { Lanes, LANES } from './lanes.ts'
import { DUPLICATE, OPEN, Piece, SKIPPED, WRITTEN } from './piece.ts'
import { type BeforeSending, Sending } from './sending.ts'
import { type Writer, Writers } from './writers.ts'

/** Events under one number: their ids are written down before, 16 bytes each. */
const PIECE_EVENTS = 20_000

/** Stores events: the way of a call from its turn to its result. */
export class Append {
  readonly #database: Database
  readonly #clock: Clock
  readonly #writers: Writers
  readonly #turns: ImportTurns
  readonly #earlier: EarlierCalls
  readonly #sending: Sending
  /** Whenever events are sent: the server may have been started again since, with its clock put back. */
  readonly #checkingClock: BeforeSending = {
    command: () => this.#clock.check(),
    retry: () => this.#clock.checkAnew(),
  }
  readonly #lanes = new Lanes()
  /** Those on their way. */
  readonly #calls = new Set<Promise<void>>()

  constructor(database: Database, clock: Clock, options: { maxTimeMs: number; inFlight: number }) {
    this.#database = database
    this.#clock = clock
    this.#writers = new Writers(database, options.inFlight)
    this.#turns = new ImportTurns(database)
    this.#earlier = new EarlierCalls(database)
    this.#sending = new Sending(database, options.maxTimeMs)
  }

  append(events: readonly NewEvent[] | Batch, options: AppendOptions): Promise<AppendResult> {
    const batches = events instanceof Batch ? [events] : toBatches(events)
    for (const batch of batches) batch.seal()
    // calls whose events pass each other do not: they come to the lanes one after the other
    const place = options.order === 'aggregate' ? this.#lanes.place() : NO_PLACE
    const call = this.#append(batches, options, place).finally(place.isIn)
    const ended = call.then(nothing, nothing)
    this.#calls.add(ended)
    void ended.then(() => this.#calls.delete(ended))
    return call
  }

  /** After the calls that are on their way. */
  async close(): Promise<void> {
    await Promise.all(this.#calls)
    await this.#writers.close()
  }

  async #append(batches: readonly Batch[], options: AppendOptions, place: Place): Promise<AppendResult> {
    const { progress, follows } = options
    const turn = progress && (await this.#turns.enter(progress, follows))
    let writer: Writer | null = null
    try {
      const isEarlier = progress === undefined ? () => false : await this.#earlier.of(progress)
      const result = emptyResult()
      await place.turn
      for (const batch of batches.filter(({ length }) => length > 0)) {
        writer ??= await this.#writers.take()
        // a refusal leaves nothing behind
        if (batch.hasOpenPositions) await this.#clock.check()
        const begun = await this.#begin(writer, batch, progress?.importId)
        writer = begun.writer
        const piece = new Piece(batch, begun.append, isEarlier)
        await this.#send(piece, options, batch === batches.at(-1) ? place.isIn : nothing)
        writer.end(piece.written())
        addOutcomes(result, piece)
      }
      // what is skipped was written by an earlier run that could not say so
      const counts = { ...result, written: result.written + result.skipped }
      await turn?.save(counts, writer === null ? [] : [{ writer: writer.number, call: writer.call }])
      if (writer !== null) this.#writers.give(writer)
      return result
    } catch (error) {
      turn?.fail()
      // what this call has stored all the same is found again by those that go on from before it
      if (progress !== undefined) this.#earlier.forget(progress.importId)
      if (writer !== null) this.#writers.retire()
      throw error
    }
  }

  /** Number and ids are written down before the first event is sent. */
  async #begin(
    given: Writer,
    batch: Batch,
    importId: string | undefined,
  ): Promise<{ writer: Writer; append: bigint }> {
    const call = { ids: batch.ids(), ...batch.kinds() }
    for (let writer = given; ;) {
      const append = await writer.begin(call, importId)
      if (append !== null) return { writer, append }
      writer = await this.#writers.replace()
    }
  }

  /** `isIn` is called once its events stand in their lanes. */
  async #send(piece: Piece, { order, backfill }: AppendOptions, isIn: () => void): Promise<void> {
    const indexes = Array.from({ length: piece.batch.length }, (_, index) => index)
    const before = piece.batch.hasOpenPositions ? this.#checkingClock : NOTHING
    if (backfill !== undefined) {
      await this.#sendBackfilled(piece, indexes, backfill)
    } else if (order === 'aggregate') {
      const lanes: number[][] = Array.from({ length: LANES }, () => [])
      for (const index of indexes) lanes[piece.batch.lane(index)]?.push(index)
      const sent = this.#lanes.run(lanes, (lane) => this.#sending.send(piece, lane, before))
      isIn()
      await sent
    } else {
      await this.#sending.send(piece, indexes, before)
    }
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
    try {
      await this.#sending.send(piece, unknown, { ...NOTHING, retry: prepare })
    } finally {
      // also of a call that failed: a part of it may be stored
      const maybeWritten = unknown.filter((index) => [OPEN, WRITTEN].includes(piece.outcome(index)))
      const written = lowestPosition(piece, maybeWritten)
      if (written !== null) await confirmBackfill(this.#database, backfill, written)
    }
  }
}

type Place = ReturnType<Lanes['place']>
const nothing = (): void => {}
const NO_PLACE: Place = { turn: Promise.resolve(), isIn: nothing }
const NOTHING: BeforeSending = { command: () => Promise.resolve(), retry: () => Promise.resolve() }

function toBatches(events: readonly NewEvent[]): Batch[] {
  const batches: Batch[] = []
  for (let from = 0; from < events.length; from += PIECE_EVENTS) {
    const part = events.length <= PIECE_EVENTS ? events : events.slice(from, from + PIECE_EVENTS)
    const batch = new Batch()
    for (const event of part) add(batch, event)
    batches.push(batch)
  }
  return batches
}

function add(batch: Batch, event: NewEvent): void {
  try {
    batch.add(event)
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    throw new DemetraError(`The event ${formatUuid(event.id)} cannot be stored: ${error.message}`, {
      code: 'DEMETRA_EVENT_TOO_LARGE',
      exitCode: EXIT.failed,
      cause: error,
    })
  }
}

/** null: there is none. */
function lowestPosition({ batch }: Piece, indexes: readonly number[]): bigint | null {
  let lowest: bigint | null = null
  for (const index of indexes) {
    const position = batch.position(index)
    if (lowest === null || position < lowest) lowest = position
  }
  return lowest
}

function emptyResult(): AppendResult {
  return { written: 0, duplicates: 0, conflicts: 0, skipped: 0, duplicateIndexes: [], conflictIndexes: [] }
}

function addOutcomes(result: AppendResult, piece: Piece): void {
  const from = result.written + result.duplicates + result.conflicts + result.skipped
  for (let index = 0; index < piece.batch.length; index += 1) {
    const outcome = piece.outcome(index)
    if (outcome === WRITTEN) result.written += 1
    else if (outcome === SKIPPED) result.skipped += 1
    else if (outcome === DUPLICATE) result.duplicateIndexes.push(from + index)
    else result.conflictIndexes.push(from + index)
  }
  result.duplicates = result.duplicateIndexes.length
  result.conflicts = result.conflictIndexes.length
}
