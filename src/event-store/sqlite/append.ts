import type { NewEvent } from '../../event/event.ts'
import { positionAt, positionTimeMs } from '../../event/position.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import { EventCounts } from '../event-counts.ts'
import type { AppendOptions, AppendResult } from '../event-store.ts'
import { noteBackfilled } from './backfills.ts'
import type { Connection } from './connection.ts'
import { saveCounts } from './counters.ts'
import { checkFollows, saveProgress } from './imports.ts'
import { CHUNK_EVENTS, insertChunk, type PlacedEvent } from './insert-chunk.ts'
import { type Known, KnownEvents } from './known-events.ts'
import { readHighest, saveHighest } from './store-row.ts'

/** An array of events, or a packed batch. */
export interface EventSequence {
  readonly length: number
  at(index: number): NewEvent | undefined
}

/** How far the clock may stand behind the highest position ever given. */
const CLOCK_TOLERANCE_SECONDS = 60

/**
 * Stores the events that are not stored yet, together with progress and backfill. Inside a transaction.
 *
 * @param now milliseconds since 1970: events without a position stand at max(highest + 1, now)
 * @throws DemetraError DEMETRA_CLOCK_BEHIND, DEMETRA_BACKFILL_…; then nothing is stored
 */
export function appendEvents(
  connection: Connection,
  events: EventSequence,
  { progress, follows, backfill }: AppendOptions,
  now: number,
): AppendResult {
  if (progress !== undefined && follows !== undefined) checkFollows(connection, progress, follows)
  const known = new KnownEvents(connection)
  const counts = new EventCounts()
  const duplicateIndexes: number[] = []
  const conflictIndexes: number[] = []
  const note = (found: Known, index: number): void => {
    if (found === 'duplicate') duplicateIndexes.push(index)
    else conflictIndexes.push(index)
  }
  const nowPosition = positionAt(now)
  const highestBefore = readHighest(connection)
  /** The highest position given so far, also to an event that then turned out to be known. */
  let given = highestBefore
  let highest = highestBefore
  let lowest: bigint | null = null
  let written = 0
  let clockChecked = false
  /** Where some were known, so may be the next: a look costs less than an insert that does nothing. */
  let lookFirst = false
  let sawKnown = false

  const place = (event: NewEvent): bigint => {
    if (event.position === null && !clockChecked) {
      checkClock(highestBefore, now)
      clockChecked = true
    }
    const position = event.position ?? (given < nowPosition ? nowPosition : given + 1n)
    if (position > given) given = position
    return position
  }
  let chunk: (PlacedEvent & { index: number })[] = []
  const insert = (): void => {
    const leftOut = insertChunk(connection, chunk)
    chunk.forEach(({ event, position, index }, at) => {
      if (leftOut?.has(at)) {
        note(known.look(event), index)
        return
      }
      written += 1
      counts.add(event.type, event.createdAt)
      if (position > highest) highest = position
      if (lowest === null || position < lowest) lowest = position
    })
    lookFirst = sawKnown || leftOut !== null
    sawKnown = false
    chunk = []
  }

  for (let index = 0; index < events.length; index += 1) {
    const event = events.at(index) as NewEvent
    const found = lookFirst ? known.look(event) : known.lookArchived(event)
    if (found === 'new') {
      chunk.push({ event, index, position: place(event) })
      if (chunk.length === CHUNK_EVENTS) insert()
    } else {
      note(found, index)
      lookFirst = true
      sawKnown = true
    }
  }
  if (chunk.length > 0) insert()

  const result: AppendResult = {
    written,
    duplicates: duplicateIndexes.length,
    conflicts: conflictIndexes.length,
    skipped: 0,
    duplicateIndexes: duplicateIndexes.toSorted((a, b) => a - b),
    conflictIndexes: conflictIndexes.toSorted((a, b) => a - b),
  }
  saveCounts(connection, counts)
  if (highest > highestBefore) saveHighest(connection, highest)
  if (backfill !== undefined) noteBackfilled(connection, backfill, lowest, now)
  if (progress !== undefined) saveProgress(connection, progress, now, result)
  return result
}

/** A clock that stepped back would give positions that run away from it: refused, whole seconds compared. */
function checkClock(highest: bigint, now: number): void {
  const behind = Math.floor(positionTimeMs(highest) / 1000) - Math.floor(now / 1000)
  if (behind <= CLOCK_TOLERANCE_SECONDS) return
  throw new DemetraError(
    `The clock of this machine is ${behind} seconds behind the newest event of the store (${new Date(now).toISOString()} against ${new Date(positionTimeMs(highest)).toISOString()})`,
    {
      code: 'DEMETRA_CLOCK_BEHIND',
      exitCode: EXIT.temporary,
      hints: ['Put the clock right, then run the same command again'],
      context: { behindSeconds: behind },
    },
  )
}
