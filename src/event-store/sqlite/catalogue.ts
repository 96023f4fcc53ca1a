import { setImmediate as nextTurn } from 'node:timers/promises'
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
import type { SegmentChange } from '../segment-change.ts'
import { TombstoneSums } from '../tombstone-sums.ts'
import { packEvents, transferables } from './packed-events.ts'
import { packTombstones, tombstoneBuffers } from './packed-tombstones.ts'
import type { Reading } from './read.ts'
import { listSegments, readRevision, readSegment } from './segments.ts'
import { readTombstone } from './tombstones.ts'
import type { Writer } from './writer.ts'

/** Moved in one step of the writer: a fraction of a second, in which others wait. */
const MOVE_EVENTS = 10_000
/** Tombstones summed up in one step of the event loop. */
const SUM_TOMBSTONES = 20_000

/** Segments and tombstones, changed by the writer: each change one transaction together with its look at the lease. */
export class SqliteCatalogue extends CatalogueSteps implements Catalogue {
  readonly #reading: Reading
  readonly #writer: Writer

  constructor(reading: Reading, writer: Writer) {
    super()
    this.#reading = reading
    this.#writer = writer
  }

  revision(): Promise<number> {
    return this.#reading(readRevision)
  }

  segments(range: SegmentRange = {}): Promise<SegmentList> {
    return this.#reading((connection) => listSegments(connection, range))
  }

  segment(number: number): Promise<CatalogueSegment | null> {
    return this.#reading((connection) => readSegment(connection, number))
  }

  tombstone(id: Uint8Array): Promise<Tombstone | null> {
    return this.#reading((connection) => readTombstone(connection, id))
  }

  async tombstoneSums(): Promise<TombstoneSum[]> {
    const sums = new TombstoneSums()
    let after = new Uint8Array()
    for (;;) {
      const rows = await this.#reading((connection) =>
        connection.all<[Uint8Array<ArrayBuffer>, Uint8Array, bigint]>(
          'SELECT id, digest, segment FROM tombstones WHERE id > ? ORDER BY id LIMIT ?',
          after,
          SUM_TOMBSTONES,
        ),
      )
      for (const [id, digest, segment] of rows) sums.add(Number(segment), id, digest)
      const last = rows.at(-1)
      if (last === undefined) return sums.list()
      after = last[0]
      await nextTurn()
    }
  }

  entomb(number: number, events: readonly ArchivedEvent[], fence: bigint): Promise<MoveResult> {
    return inTurns(events, (part) => {
      const packed = packTombstones(part)
      return this.#writer.runInThread('entomb', { number, fence, packed }, tombstoneBuffers(packed))
    })
  }

  addTombstones(number: number, events: readonly LostEvent[], fence: bigint): Promise<MoveResult> {
    return inTurns(events, (part) => {
      const packed = packTombstones(part)
      const types = part.map(({ type }) => type)
      const createdAts = Float64Array.from(part, ({ createdAt }) => createdAt)
      const args = { number, fence, packed, types, createdAts }
      return this.#writer.runInThread('addTombstones', args, tombstoneBuffers(packed))
    })
  }

  revive(number: number, events: readonly StoredEvent[], fence: bigint): Promise<MoveResult> {
    return inTurns(events, (part) => {
      const packed = packEvents(part)
      return this.#writer.runInThread('revive', { number, fence, packed }, transferables(packed))
    })
  }

  protected change(number: number | null, change: SegmentChange, fence: bigint): Promise<number> {
    return this.#writer.run('changeSegment', { number, change, fence })
  }
}

/** One after the other, so that others who write get their turns in between. */
function inTurns<Event>(
  events: readonly Event[],
  move: (part: readonly Event[]) => Promise<MoveResult>,
): Promise<MoveResult> {
  return moveInParts(events, MOVE_EVENTS, 1, move)
}
