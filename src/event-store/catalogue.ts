import type { LogPoint, StoredEvent } from '../event/event.ts'

/**
 * The event store's side of the archive: the list of segments, and the tombstones that stay for archived events. Part
 * of the port event-store.ts, held to what is written here by the same contract suite.
 *
 * 1. **An archived event stays known.** `append` and `lookup` tell its id as duplicate or conflict before, while and
 *    after it becomes a tombstone, and while it is brought back: there is no moment in which an id is free. No reading
 *    call of the event store ever gives a tombstone. `statistics` counts events whether they are live or archived.
 * 2. **Each step can be repeated**, after a cut at any moment, with the same end: `begin`, then the upload, `commit`,
 *    `entomb`, `purged`; or `adopt` and `addTombstones`; or `revive` and `restored`. What is on record tells the next
 *    run where the last one stood. A number is given once, ever.
 * 3. **Everything that changes something is done under the lease ARCHIVE_LEASE**, with its fencing token as `fence`.
 *    Where that lease was released or taken over since, the call is refused (DEMETRA_ARCHIVE_FENCED, exit 11) and
 *    changes nothing: the look at the lease and a change of the list are one atomic step, and so are the look and a
 *    change of events in a store with transactions (SQLite). In MongoDB the events that a call had on their way when
 *    its lease was taken may still be changed, and no harm is done: tombstones come only of what a committed segment
 *    holds, and never of what a newer holder has brought back; what is brought back is what its segment holds.
 * 4. **A segment is committed before the first of its events becomes a tombstone, and its events are live again before
 *    it is `restored`.** `revision()` is never older than what a batch of `read` or a `summary`, given before by the
 *    same store, has seen. So a reader of store and archive that asks for the revision after each batch, and where it grew takes the
 *    list anew, drops that batch with all that was read ahead, and begins `read` anew from before it, misses nothing;
 *    an event that is live and archived, or in two segments, stands at the same position in all of them.
 * 5. `newestPosition` and the checks of the clock count what is in the catalogue. `summary` does not, there being no
 *    index of tombstones by position: where a segment to be read reaches into its range the event log counts there
 *    itself, so that no report is told stale because events became tombstones. (Keeping the archive off what is young
 *    would not do: a report may have stood still for a year.)
 */
export interface Catalogue {
  /** Grows at every change of what readers find in the archive: `commit`, `adopt`, `restored`. 0: never changed. */
  revision(): Promise<number>
  /**
   * All on record, or those that overlap (after, upTo], by number, and the revision that they are of: one consistent
   * read.
   */
  segments(range?: SegmentRange): Promise<SegmentList>
  segment(number: number): Promise<CatalogueSegment | null>
  /** Where an archived event is; null: it is live, or unknown. */
  tombstone(id: Uint8Array): Promise<Tombstone | null>
  /** Number of tombstones of each segment, and the XOR of their ids and digests. Reads them all, in bounded memory. */
  tombstoneSums(): Promise<TombstoneSum[]>

  /** Puts down what is about to be archived. Returns the segment's number: 1, 2, 3 …; above all that is on record. */
  begin(intent: SegmentIntent, fence: bigint): Promise<number>
  /** The objects are in the archive, and checked. Refused for what was abandoned, or committed with other content. */
  commit(number: number, content: SegmentContent, fence: bigint): Promise<void>
  /**
   * Makes tombstones of exactly those that are live with this digest at this position, and were not brought back by a
   * newer holder. Any number; best whole segments. The segment has to be committed.
   */
  entomb(number: number, events: readonly ArchivedEvent[], fence: bigint): Promise<MoveResult>
  /** Its events are tombstones; nothing is left to be done. */
  purged(number: number, fence: bigint): Promise<void>
  /** Of what was not committed: whatever lies under its number in the archive is no segment, and stays on record. */
  abandon(number: number, reason: string, fence: bigint): Promise<void>

  /** Puts down a segment that the archive has and the catalogue does not, as committed, under the archive's number. */
  adopt(segment: AdoptedSegment, fence: bigint): Promise<void>
  /**
   * Makes tombstones, of an adopted segment, for ids that are neither live nor archived, and counts them in
   * `statistics`; `already` are tombstones of this segment, and what is live with this digest is left as `live`.
   */
  addTombstones(number: number, events: readonly LostEvent[], fence: bigint): Promise<MoveResult>

  /** Brings events of a segment back: live where they stood, as they were. `already` are live. */
  revive(number: number, events: readonly StoredEvent[], fence: bigint): Promise<MoveResult>
  /** All its events are live again: readers need it no more. Its objects stay in the archive. */
  restored(number: number, fence: bigint): Promise<void>
}

/** Taken by whoever archives or restores. */
export const ARCHIVE_LEASE = 'archive'

/**
 * `intended`: on its way, perhaps uploaded, not to be read. `committed`: to be read; some of its events may still be
 * live. `purged`: to be read; its events became tombstones, some may have been brought back since. `restored`: all
 * are live again. `abandoned`: never was one.
 */
export type SegmentState = 'intended' | 'committed' | 'purged' | 'restored' | 'abandoned'

export interface SegmentIntent {
  first: LogPoint
  last: LogPoint
  events: number
  /** 16 bytes. */
  idsXor: Uint8Array
}

export interface SegmentContent {
  /** Of the object in the archive. */
  key: string
  types: { type: string; events: number }[]
  textBytes: number
  gzipBytes: number
  /** Of the object, 32 bytes. */
  sha256: Uint8Array
  /** 16 bytes. */
  digestsXor: Uint8Array
}

export interface AdoptedSegment extends SegmentIntent, SegmentContent {
  number: number
}

export interface CatalogueSegment extends SegmentIntent {
  number: number
  state: SegmentState
  /** null: it is not committed. */
  content: SegmentContent | null
  /** Why it was abandoned. */
  reason: string | null
  /** Milliseconds since 1970, by the store's clock. */
  changedAt: number
}

export interface SegmentRange {
  /** Exclusive. */
  after?: bigint
  /** Inclusive. */
  upTo?: bigint
}

export interface SegmentList {
  revision: number
  segments: CatalogueSegment[]
}

/** What makes a tombstone. */
export interface ArchivedEvent extends LogPoint {
  digest: Uint8Array
}

/** What the counts need besides. */
export interface LostEvent extends ArchivedEvent {
  type: string
  /** Milliseconds since 1970. */
  createdAt: number
}

export interface Tombstone {
  position: bigint
  digest: Uint8Array
  segment: number
}

export interface TombstoneSum {
  segment: number
  tombstones: number
  /** 16 bytes each. */
  idsXor: Uint8Array
  digestsXor: Uint8Array
}

/** events = moved + already + left. After an answer that was lost, what had been moved by it counts as `already`. */
export interface MoveResult {
  moved: number
  /** Were so before. */
  already: number
  left: LeftEvent[]
}

/**
 * `unknown`: there is no such id. `differs`: another digest or position is stored under it. `elsewhere`: it is a
 * tombstone of another segment; after `revive` perhaps of this one, still or again, where another holder is at it too.
 * `live`: it is live, brought back by a newer holder, or only to be archived yet.
 */
export interface LeftEvent {
  /** Into the call's events. */
  index: number
  why: 'unknown' | 'differs' | 'elsewhere' | 'live'
}
