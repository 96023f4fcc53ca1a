import type { StoredEvent } from '../event/event.ts'
import { endOf, isBehind } from './log-points.ts'
import type { ReportWriter } from './report-writer.ts'
import type { EventLog, RunOptions } from './run-types.ts'
import { Slices } from './slices.ts'
import { backfillNews, lateEventNews, nextTail, tailStart } from './staleness.ts'

/** A batch holds no more characters of payload than this, however few events that are. */
const BATCH_CHARACTERS = 32 * 1024 * 1024
const READ_EVENTS = 1000

export type CatchUpEnd = 'done' | 'interrupted' | 'below-backfill' | 'lost' | 'switched'

/**
 * Brings a report from its checkpoint to `target`: in slices, each told to the event store before it is read,
 * and each in batches, which are committed one by one.
 */
export class CatchUp {
  readonly #options: RunOptions
  readonly #eventStore: EventLog
  readonly #writer: ReportWriter
  readonly #types: readonly string[] | undefined
  readonly #target: bigint
  readonly #tailFrom: bigint
  /** Where the run began. */
  #from = 0n

  /** `types`: as stored; null for all. */
  constructor(options: RunOptions, writer: ReportWriter, types: readonly string[] | null, target: bigint) {
    this.#options = options
    this.#eventStore = options.eventStore
    this.#writer = writer
    this.#types = types ?? undefined
    this.#target = target
    this.#tailFrom = tailStart(target)
  }

  /** Throws DEMETRA_PROJECTION_FAILED once everything before the failing event is committed. */
  async run(): Promise<CatchUpEnd> {
    const writer = this.#writer
    const { signal, now = Date.now } = this.#options
    await this.#checkTail()
    this.#from = writer.state.checkpoint?.position ?? (await this.#firstPosition())
    const slices = new Slices(this.#from, this.#target)
    while (isBehind(writer.state.checkpoint, this.#target)) {
      if (signal?.aborted === true) return 'interrupted'
      if (await this.#isReplaced()) return 'switched'
      const startedAt = now()
      const upTo = await this.#mayReadTo(slices.next(this.#position, this.#target))
      if (!isBehind(writer.state.checkpoint, upTo)) return this.#commitNews('below-backfill')
      const end = await this.#readSlice(upTo)
      if (end !== 'done') return end
      slices.took(now() - startedAt)
    }
    await this.#checkBackfills()
    return this.#commitNews('done')
  }

  /** A replay has switched: whoever fills the generation that was in use moves over. */
  async #isReplaced(): Promise<boolean> {
    const { name, generation, inUse } = this.#writer.report
    return inUse && (await this.#options.reportStore.status(name))?.generation !== generation
  }

  get #position(): bigint {
    return this.#writer.state.checkpoint?.position ?? this.#from
  }

  /** First the new tail, then the look at the old one: what comes late in between is told now. */
  async #checkTail(): Promise<void> {
    const { checkpoint, tail } = this.#writer.state
    if (checkpoint === null) return
    const own = await nextTail(this.#eventStore, null, this.#tailFrom, null, checkpoint.position)
    this.#writer.note(await lateEventNews(this.#eventStore, tail))
    this.#writer.state = { ...this.#writer.state, tail: own }
  }

  /** Tells the event store how far is read, and hears how far that may be; then looks at the backfills. */
  async #mayReadTo(readTo: bigint): Promise<bigint> {
    const { name, generation } = this.#writer.report
    const reportStore = this.#options.reportStore.url
    const { mayReadTo } = await this.#eventStore.readers.advance({ reportStore, name, generation, readTo })
    await this.#checkBackfills()
    return mayReadTo < readTo ? mayReadTo : readTo
  }

  /** What is known of backfills must be known before the checkpoint moves over where they wrote. */
  async #checkBackfills(): Promise<void> {
    const { checkpoint, backfill } = this.#writer.state
    const news = await backfillNews(this.#eventStore, checkpoint, backfill)
    this.#writer.state = { ...this.#writer.state, backfill: news.known }
    this.#writer.note(news.stale)
  }

  async #commitNews(end: CatchUpEnd): Promise<CatchUpEnd> {
    const { state, hasNews } = this.#writer
    if (!hasNews || state.checkpoint === null) return end
    return (await this.#writer.commit(state.checkpoint)) ? end : 'lost'
  }

  async #readSlice(upTo: bigint): Promise<CatchUpEnd> {
    const { signal, batchEvents = 5000 } = this.#options
    const writer = this.#writer
    const { checkpoint, tail } = writer.state
    const newTail = await nextTail(this.#eventStore, tail, this.#tailFrom, checkpoint, upTo)
    writer.state = { ...writer.state, tail: newTail }
    let batch: StoredEvent[] = []
    let characters = 0
    for await (const events of this.#read(upTo, Math.min(READ_EVENTS, batchEvents))) {
      for (const event of events) {
        batch.push(event)
        characters += event.payload.length
        if (batch.length < batchEvents && characters < BATCH_CHARACTERS) continue
        if (!(await writer.write(batch, event))) return 'lost'
        this.#tell()
        if (signal?.aborted === true) return 'interrupted'
        batch = []
        characters = 0
      }
    }
    if (!(await writer.write(batch, endOf(upTo)))) return 'lost'
    this.#tell()
    return 'done'
  }

  #read(upTo: bigint, batchEvents: number): AsyncIterable<StoredEvent[]> {
    const { checkpoint } = this.#writer.state
    return this.#eventStore.read({
      upTo,
      batchEvents,
      ...(checkpoint === null ? undefined : { after: checkpoint }),
      ...(this.#types === undefined ? undefined : { types: this.#types }),
    })
  }

  /** Of the first event of interest; only to choose the slices by. */
  async #firstPosition(): Promise<bigint> {
    for await (const [first] of this.#read(this.#target, 1)) if (first !== undefined) return first.position
    return this.#target
  }

  #tell(): void {
    const { events, rowsWritten } = this.#writer
    const [from, position, target] = [this.#from, this.#position, this.#target]
    this.#options.onProgress?.({ events, rowsWritten, from, position, target })
  }
}
