import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { PrefixChecksum } from './checksum.ts'
import type { RecordMapper } from './mapping/mapper.ts'
import { Places } from './places.ts'
import type { SourceRecord, Splitter, SplitterStart } from './record.ts'

/** Where a source has been read to, between two records: what a resume goes on from. Counted from its start. */
export interface Cursor {
  records: number
  events: number
  rejected: number
  ignored: number
  /**
   * Places in the source's order that are given away: one for each event, and one for a record that made none,
   * so that a repaired reject finds the place of its record's number free.
   */
  places: number
  byteOffset: number
  line: number
  /** CRC-32 of the bytes before. */
  checksum: number
  columns?: readonly string[]
  /** The record before is one that ended with its source: there are no more. */
  ended?: true
}

export const START: Cursor = {
  records: 0,
  events: 0,
  rejected: 0,
  ignored: 0,
  places: 0,
  byteOffset: 0,
  line: 1,
  checksum: 0,
}

export interface RejectedRecord {
  record: SourceRecord
  code: string
  message: string
  /** Of the event that was refused, where the record got that far. */
  type?: string
}

/** Where the events of a batch are put: in an array, or in the form in which a store takes them. */
export interface EventSink {
  readonly length: number
  /** Throws EventError where it cannot hold the event. */
  add(event: NewEvent): void
}

/** Consecutive records of a source as events. */
export interface EventBatch<Sink extends EventSink> {
  events: Sink
  /** Where each event stands in the source; no more of its record, whose bytes are let go. */
  places: Places
  rejects: RejectedRecord[]
  /** After the batch. */
  cursor: Cursor
  /** Records so far that were equal to the letter to an earlier one. */
  identical: number
}

export interface BatchOptions<Sink extends EventSink> {
  /** For the events of the next batch. */
  collect: () => Sink
  chunks: AsyncIterable<Buffer>
  createSplitter: (start: SplitterStart) => Splitter
  /** Called with the first record, when a CSV header is known. */
  createMapper: (columns: readonly string[] | undefined, first: SourceRecord) => RecordMapper
  /** Ids rest on what came before: a resume passes the records before `start` through the mapper again. */
  derivesIds: boolean
  start: Cursor
  /** Last check of an event, and its position. Throws EventError. `n`: its place in the source's order, from 1. */
  finish: (event: NewEvent, n: number, record: SourceRecord) => void
  signal?: AbortSignal
  maxEvents?: number
  maxBytes?: number
}

/** Small enough that few objects wait; a store puts several batches into one commit (bench/import). */
const MAX_EVENTS = 10_000
const MAX_BYTES = 8 * 1024 * 1024
/** A slow source (a pipe) is stored at least this often. */
const MAX_AGE_MS = 2_000

/**
 * A source's bytes as batches of events: the one loop that import and verify share. Stops between two
 * records when `signal` is aborted. An unreadable source ends it with its error, after what came before.
 */
export async function* eventBatches<Sink extends EventSink>(
  options: BatchOptions<Sink>,
): AsyncGenerator<EventBatch<Sink>> {
  const { start, signal } = options
  if (start.ended === true) return checkEnd(options)
  const replays = options.derivesIds && start.records > 0
  const checksum = new PrefixChecksum()
  const from: SplitterStart = replays
    ? { byteOffset: 0, line: 1, records: 0 }
    : { byteOffset: start.byteOffset, line: start.line, records: start.records }
  if (!replays && start.columns !== undefined) from.columns = start.columns
  const splitter = options.createSplitter(from)
  const builder = new BatchBuilder(options, checksum, splitter)
  try {
    let failure: unknown
    let wholeSource = false
    try {
      for await (const chunk of replays ? options.chunks : afterPrefix(options.chunks, start, checksum)) {
        checksum.push(chunk)
        for (const record of splitter.push(chunk)) {
          if (builder.add(record)) yield builder.take()
        }
        builder.releasePrefix()
        if (builder.isDue()) yield builder.take()
        if (signal?.aborted === true) return yield* builder.rest()
      }
      // Ctrl-C ends what writes into a pipe as well: its last bytes may be half a record
      if (signal?.aborted === true) return yield* builder.rest()
      wholeSource = true
    } catch (error) {
      if (signal?.aborted === true) return yield* builder.rest()
      // what was read whole is kept; the end of the source is not one, so its last bytes are no record
      if (!(error instanceof DemetraError) || error.exitCode !== EXIT.inputMissing) throw error
      failure = error
    }
    if (wholeSource) {
      for (const record of splitter.end()) {
        builder.endSource()
        if (builder.add(record)) yield builder.take()
      }
    }
    yield* builder.rest()
    if (failure !== undefined) throw failure
  } finally {
    builder.close()
  }
}

class BatchBuilder<Sink extends EventSink> {
  readonly #options: BatchOptions<Sink>
  readonly #checksum: PrefixChecksum
  readonly #splitter: Splitter
  #mapper: RecordMapper | undefined
  #cursor: Cursor
  #batch: Pick<EventBatch<Sink>, 'events' | 'places' | 'rejects'>
  #bytes = 0
  #records = 0
  #startedAt = performance.now()

  constructor(options: BatchOptions<Sink>, checksum: PrefixChecksum, splitter: Splitter) {
    this.#options = options
    this.#checksum = checksum
    this.#splitter = splitter
    this.#cursor = { ...options.start }
    this.#batch = { events: options.collect(), places: new Places(), rejects: [] }
  }

  /** True when the batch is full. */
  add(record: SourceRecord): boolean {
    const { start } = this.#options
    const replayed = record.number <= start.records
    let type: string | undefined
    try {
      if (record.error !== undefined) throw new EventError(record.error.code, record.error.message)
      this.#mapper ??= this.#options.createMapper(this.#splitter.columns, record)
      const events = this.#mapper.map(record)
      if (replayed) return false
      for (const [i, event] of events.entries()) {
        type = event.type
        this.#options.finish(event, this.#cursor.places + 1 + i, record)
      }
      for (const [i, event] of events.entries()) {
        this.#add(event, i)
        this.#batch.places.add({ record: record.number, line: record.line, byteOffset: record.byteOffset })
      }
      if (events.length === 0) this.#cursor.ignored += 1
      this.#cursor.events += events.length
      this.#cursor.places += Math.max(1, events.length)
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      if (replayed) return false
      this.#cursor.rejected += 1
      this.#cursor.places += 1
      const { code, message } = error
      this.#batch.rejects.push({ record, code, message, ...(type === undefined ? {} : { type }) })
    }
    this.#records += 1
    this.#bytes += record.nextByteOffset - record.byteOffset
    this.#cursor.records = record.number
    this.#cursor.byteOffset = record.nextByteOffset
    this.#cursor.line = record.nextLine
    const { maxEvents = MAX_EVENTS, maxBytes = MAX_BYTES } = this.#options
    return (
      this.#batch.events.length >= maxEvents ||
      this.#bytes >= maxBytes ||
      this.#batch.rejects.length >= maxEvents
    )
  }

  /** A record is refused whole or not at all: that one of its later events has no room is told as a failure. */
  #add(event: NewEvent, i: number): void {
    try {
      this.#batch.events.add(event)
    } catch (error) {
      if (!(error instanceof EventError) || i === 0) throw error
      throw new DemetraError(error.message, { code: 'DEMETRA_EVENT_TOO_LARGE', exitCode: EXIT.failed })
    }
  }

  take(): EventBatch<Sink> {
    this.#cursor.checksum = this.#checksum.advanceTo(this.#cursor.byteOffset)
    if (this.#splitter.columns !== undefined) this.#cursor.columns = this.#splitter.columns
    const batch = { ...this.#batch, cursor: { ...this.#cursor }, identical: this.#mapper?.identical ?? 0 }
    this.#batch = { events: this.#options.collect(), places: new Places(), rejects: [] }
    this.#bytes = 0
    this.#records = 0
    this.#startedAt = performance.now()
    return batch
  }

  *rest(): Generator<EventBatch<Sink>> {
    if (this.#records > 0) yield this.take()
  }

  endSource(): void {
    this.#cursor.ended = true
  }

  isDue(): boolean {
    return this.#records > 0 && performance.now() - this.#startedAt > MAX_AGE_MS
  }

  /** A resume that passes all records again: the checksum follows, so that no chunk is kept longer than needed. */
  releasePrefix(): void {
    const { start } = this.#options
    if (this.#checksum.offset >= start.byteOffset) return
    const sum = this.#checksum.advanceTo(Math.min(start.byteOffset, this.#checksum.pushedTo))
    if (this.#checksum.offset === start.byteOffset && sum !== start.checksum) throw sourceChanged(start)
  }

  close(): void {
    this.#mapper?.close()
  }
}

/** The chunks after what was stored before, once the bytes up to there were found to be the same. */
async function* afterPrefix(chunks: AsyncIterable<Buffer>, start: Cursor, checksum: PrefixChecksum) {
  let missing = start.byteOffset
  for await (const chunk of chunks) {
    if (missing === 0) {
      yield chunk
      continue
    }
    const part = chunk.subarray(0, missing)
    missing -= part.length
    checksum.push(part)
    const sum = checksum.advanceTo(start.byteOffset - missing)
    if (missing > 0) continue
    if (sum !== start.checksum) throw sourceChanged(start)
    if (part.length < chunk.length) yield chunk.subarray(part.length)
  }
  if (missing > 0) throw sourceChanged(start)
}

/** Nothing is left to read, if it is still the same source. */
async function checkEnd({ chunks, start }: Pick<BatchOptions<EventSink>, 'chunks' | 'start'>): Promise<void> {
  for await (const chunk of afterPrefix(chunks, start, new PrefixChecksum())) {
    if (chunk.length > 0) throw sourceChanged(start)
  }
}

function sourceChanged(start: Cursor): DemetraError {
  return new DemetraError(
    `The source is not the one that was interrupted: its first ${start.byteOffset} bytes have changed`,
    {
      code: 'DEMETRA_SOURCE_CHANGED',
      exitCode: EXIT.failed,
      hints: [
        'Run the same command with --restart: it begins anew, and what is stored already is told as duplicate',
      ],
      context: { byteOffset: start.byteOffset },
    },
  )
}
