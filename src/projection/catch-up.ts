import type { LogPoint } from '../event/event.ts'
import type { ReportStore } from '../report-store/report-store.ts'
import type { LogEvent } from './log-event.ts'
import { endOf } from '../event/log-order.ts'
import { isAfter, isBehind } from './log-points.ts'
import type { ReportWriter } from './report-writer.ts'
import type { RunLog } from './run-types.ts'
import { backfillNews, lateEventNews, nextTail, tailStart } from './staleness.ts'

export type CatchUpEnd = 'done' | 'interrupted' | 'below-backfill' | 'lost' | 'switched' | 'failed'

export interface CatchUpStores {
  eventStore: RunLog
  reportStore: ReportStore
}

/** What a batch may hold: events, and characters of payload. */
export interface BatchLimits {
  events: number
  characters: number
}

/**
 * One report on its way to a target, in a pass over the log. What the store must hear, what may be read and what is
 * committed is its own affair, whoever else is in the pass; so is its end.
 */
export class CatchUp {
  /** Names of types as stored; null: all. */
  readonly types: readonly string[] | null
  readonly #stores: CatchUpStores
  readonly #writer: ReportWriter
  readonly #wanted: ReadonlySet<string> | null
  #tailFrom = 0n
  /** How far the store was told that this slice is read. */
  #upTo = -1n
  #batch: LogEvent[] = []
  #characters = 0
  #end: CatchUpEnd | null = null
  #failure: unknown = null

  constructor(stores: CatchUpStores, writer: ReportWriter, types: readonly string[] | null) {
    this.types = types
    this.#stores = stores
    this.#writer = writer
    this.#wanted = types === null ? null : new Set(types)
  }

  /** Null: it goes on. */
  get end(): CatchUpEnd | null {
    return this.#end
  }

  /** Why the end is `failed`: DEMETRA_PROJECTION_FAILED once all before the event is committed; or a store's error. */
  get failure(): unknown {
    return this.#failure
  }

  get checkpoint(): LogPoint | null {
    return this.#writer.state.checkpoint
  }

  get rowsWritten(): number {
    return this.#writer.rowsWritten
  }

  isBehind(position: bigint): boolean {
    return isBehind(this.checkpoint, position)
  }

  /** A further target, for one that was done or stopped below a backfill. */
  async begin(target: bigint): Promise<void> {
    if (this.#end !== null && this.#end !== 'done' && this.#end !== 'below-backfill') return
    this.#end = null
    this.#tailFrom = tailStart(target)
    await this.#try(() => this.#checkTail())
  }

  /** Tells the event store that all up to `to` is about to be read. It may end here, or may not read so far. */
  async beginSlice(to: bigint): Promise<void> {
    await this.#try(async () => {
      if (await this.#isReplaced()) return this.#endAs('switched')
      const upTo = await this.#mayReadTo(to)
      if (!this.isBehind(upTo)) return this.#commitNews('below-backfill')
      const { tail } = this.#writer.state
      const next = await nextTail(this.#stores.eventStore, tail, this.#tailFrom, this.checkpoint, upTo)
      this.#writer.state = { ...this.#writer.state, tail: next }
      this.#upTo = upTo
    })
  }

  get upTo(): bigint {
    return this.#upTo
  }

  /**
   * Takes of the events, which stand in log order, those that it wants and does not have yet, and commits them batch
   * by batch. True: its checkpoint has moved.
   */
  async take(events: readonly LogEvent[], limits: BatchLimits): Promise<boolean> {
    const { checkpoint } = this
    await this.#try(async () => {
      const isWithin = this.#isWithin(events)
      for (const event of events) {
        if (!this.#handles(event) || !(isWithin || this.#isDue(event))) continue
        this.#batch.push(event)
        this.#characters += event.stored.payload.length
        if (this.#batch.length < limits.events && this.#characters < limits.characters) continue
        await this.#write(event.stored)
        if (this.#end !== null) return
      }
      // where nothing is committed yet, nothing is gained by a large batch: events that are folded at once are garbage
      if (this.#writer.keepsRows) await this.#writeRest()
    })
    return this.checkpoint !== checkpoint
  }

  /** All that the slice holds was given. */
  async endSlice(): Promise<void> {
    await this.#try(() => this.#write(endOf(this.#upTo)))
  }

  /** The target is reached. */
  async finish(): Promise<void> {
    await this.#try(async () => {
      await this.#checkBackfills()
      await this.#commitNews('done')
    })
  }

  /** Commits what was taken, and reads no further. */
  async stop(): Promise<void> {
    await this.#try(async () => {
      await this.#writeRest()
      if (this.#end === null) this.#endAs('interrupted')
    })
  }

  /** Nothing more is to be had from the log. */
  fail(reason: unknown): void {
    this.#failure = reason
    this.#endAs('failed')
  }

  async #try(step: () => Promise<void>): Promise<void> {
    if (this.#end !== null) return
    try {
      await step()
    } catch (error) {
      this.fail(error)
    }
  }

  #endAs(end: CatchUpEnd): void {
    this.#end = end
    this.#batch = []
    this.#characters = 0
  }

  #handles({ stored }: LogEvent): boolean {
    return this.#wanted === null || this.#wanted.has(stored.type)
  }

  #isDue({ stored }: LogEvent): boolean {
    return stored.position <= this.#upTo && isAfter(stored, this.checkpoint)
  }

  /** All of them are due, since the first and the last are. */
  #isWithin(events: readonly LogEvent[]): boolean {
    const [first, last] = [events[0], events.at(-1)]
    return first !== undefined && last !== undefined && this.#isDue(first) && this.#isDue(last)
  }

  async #writeRest(): Promise<void> {
    const last = this.#batch.at(-1)
    if (last !== undefined) await this.#write(last.stored)
  }

  async #write({ position, id }: LogPoint): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#characters = 0
    if (!(await this.#writer.write(batch, { position, id }))) this.#endAs('lost')
  }

  /** A replay has switched: whoever fills the generation that was in use moves over. */
  async #isReplaced(): Promise<boolean> {
    const { name, generation, inUse } = this.#writer.report
    return inUse && (await this.#stores.reportStore.status(name))?.generation !== generation
  }

  /** First the new tail, then the look at the old one: what comes late in between is told now. */
  async #checkTail(): Promise<void> {
    const { checkpoint, tail } = this.#writer.state
    if (checkpoint === null) return
    const { eventStore } = this.#stores
    const own = await nextTail(eventStore, null, this.#tailFrom, null, checkpoint.position)
    this.#writer.note(await lateEventNews(eventStore, tail))
    this.#writer.state = { ...this.#writer.state, tail: own }
  }

  /** Tells the event store how far is read, and hears how far that may be; then looks at the backfills. */
  async #mayReadTo(readTo: bigint): Promise<bigint> {
    const { name, generation } = this.#writer.report
    const { eventStore, reportStore } = this.#stores
    const reader = { reportStore: reportStore.url, name, generation, readTo }
    const { mayReadTo } = await eventStore.readers.advance(reader)
    await this.#checkBackfills()
    return mayReadTo < readTo ? mayReadTo : readTo
  }

  /** What is known of backfills must be known before the checkpoint moves over where they wrote. */
  async #checkBackfills(): Promise<void> {
    const { checkpoint, backfill } = this.#writer.state
    const news = await backfillNews(this.#stores.eventStore, checkpoint, backfill)
    this.#writer.state = { ...this.#writer.state, backfill: news.known }
    this.#writer.note(news.stale)
  }

  async #commitNews(end: CatchUpEnd): Promise<void> {
    const { state, hasNews } = this.#writer
    const committed = !hasNews || state.checkpoint === null || (await this.#writer.commit(state.checkpoint))
    this.#endAs(committed ? end : 'lost')
  }
}
