import type { StoredEvent } from '../../event/event.ts'
import type {
  ArchivedEvent,
  Catalogue,
  CatalogueSegment,
  LostEvent,
  MoveResult,
  SegmentList,
  SegmentRange,
  Tombstone,
  TombstoneSum,
} from '../catalogue.ts'
import { CatalogueSteps } from '../catalogue-steps.ts'
import { moveInParts } from '../move-in-parts.ts'
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

export class MongoCatalogue extends CatalogueSteps implements Catalogue {
  readonly #open: () => Promise<Database>
  /** Changes of the list go one after the other: each is a compare-and-set. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(open: () => Promise<Database>) {
    super()
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

  protected async change(number: number | null, change: SegmentChange, fence: bigint): Promise<number> {
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
    return moveInParts(events, partEvents, COMMANDS_IN_FLIGHT, async (part) => {
      await checkFence(database, fence)
      return move(database, part)
    })
  }
}
