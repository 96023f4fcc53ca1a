import type { StoredEvent } from '../../event/event.ts'
import type {
  AdoptedSegment,
  ArchivedEvent,
  Catalogue,
  CatalogueSegment,
  LostEvent,
  MoveResult,
  SegmentContent,
  SegmentIntent,
  SegmentList,
  SegmentRange,
  Tombstone,
  TombstoneSum,
} from '../catalogue.ts'
import { checkCommitted, type SegmentChange } from '../segment-change.ts'
import type { Database } from './database.ts'
import { raiseLayout } from './layout.ts'
import { addTombstones } from './lost-tombstones.ts'
import { revive } from './revive.ts'
import { changeSegment, checkFence, listSegments, readRevision, readSegment } from './segments.ts'
import { entomb, readTombstone, sumTombstones } from './tombstones.ts'

/** Events moved by one command: more bring nothing. */
const COMMAND_EVENTS = 2000
/** Whole events go both ways: less of them. */
const REVIVED_EVENTS = 500
const COMMANDS_IN_FLIGHT = 2

export class MongoCatalogue implements Catalogue {
  readonly #open: () => Promise<Database>
  /** Changes of the list go one after the other: each is a compare-and-set. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  async revision(): Promise<number> {
    return readRevision(await this.#open())
  }

  async segments(range: SegmentRange = {}): Promise<SegmentList> {
    return listSegments(await this.#open(), range)
  }

  async segment(number: number): Promise<CatalogueSegment | null> {
    return readSegment(await this.#open(), number)
  }

  async tombstone(id: Uint8Array): Promise<Tombstone | null> {
    return readTombstone(await this.#open(), id)
  }

  async tombstoneSums(): Promise<TombstoneSum[]> {
    return sumTombstones(await this.#open())
  }

  begin(intent: SegmentIntent, fence: bigint): Promise<number> {
    return this.#change(null, { step: 'begin', intent }, fence)
  }

  async commit(number: number, content: SegmentContent, fence: bigint): Promise<void> {
    await this.#change(number, { step: 'commit', content }, fence)
  }

  async purged(number: number, fence: bigint): Promise<void> {
    await this.#change(number, { step: 'purged' }, fence)
  }

  async restored(number: number, fence: bigint): Promise<void> {
    await this.#change(number, { step: 'restored' }, fence)
  }

  async abandon(number: number, reason: string, fence: bigint): Promise<void> {
    await this.#change(number, { step: 'abandon', reason }, fence)
  }

  async adopt(segment: AdoptedSegment, fence: bigint): Promise<void> {
    await this.#change(segment.number, { step: 'adopt', segment }, fence)
  }

  entomb(number: number, events: readonly ArchivedEvent[], fence: bigint): Promise<MoveResult> {
    return this.#move(number, events, fence, COMMAND_EVENTS, (database, part) =>
      entomb(database, number, part, fence),
    )
  }

  addTombstones(number: number, events: readonly LostEvent[], fence: bigint): Promise<MoveResult> {
    return this.#move(number, events, fence, COMMAND_EVENTS, (database, part) =>
      addTombstones(database, number, part),
    )
  }

  revive(number: number, events: readonly StoredEvent[], fence: bigint): Promise<MoveResult> {
    return this.#move(number, events, fence, REVIVED_EVENTS, (database, part) =>
      revive(database, number, part, fence),
    )
  }

  async #change(number: number | null, change: SegmentChange, fence: bigint): Promise<number> {
    const database = await this.#open()
    const work = this.#turn.then(async () => {
      if (number === null || change.step === 'adopt') await raiseLayout(database)
      return changeSegment(database, number, change, fence)
    })
    this.#turn = work.catch(() => undefined)
    return work
  }

  /** In parts, several in flight; before each the lease is looked at. */
  async #move<Event>(
    number: number,
    events: readonly Event[],
    fence: bigint,
    partEvents: number,
    move: (database: Database, part: readonly Event[]) => Promise<MoveResult>,
  ): Promise<MoveResult> {
    const database = await this.#open()
    await checkFence(database, fence)
    checkCommitted(number, await readSegment(database, number))
    const result: MoveResult = { moved: 0, already: 0, left: [] }
    let next = 0
    const moveNext = async (): Promise<void> => {
      while (next < events.length) {
        const from = next
        next += partEvents
        await checkFence(database, fence)
        const { moved, already, left } = await move(database, events.slice(from, from + partEvents))
        result.moved += moved
        result.already += already
        for (const { index, why } of left) result.left.push({ index: from + index, why })
      }
    }
    await Promise.all(Array.from({ length: COMMANDS_IN_FLIGHT }, moveNext))
    result.left.sort((a, b) => a.index - b.index)
    return result
  }
}
