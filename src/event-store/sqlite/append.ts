import type { NewEvent } from '../../event/event.ts'
import { positionAt, positionTimeMs } from '../../event/position.ts'
import { DemetraError, EXIT } from '../../errors.ts'
import type { AppendOptions, AppendResult } from '../event-store.ts'
import { noteBackfilled } from './backfills.ts'
import type { Connection } from './connection.ts'
import { EventCounts } from './counters.ts'
import { saveProgress } from './imports.ts'
import { KnownEvents } from './known-events.ts'
import { readHighest, saveHighest } from './store-row.ts'
import { EVENT_COLUMNS } from './schema.ts'

/** An array of events, or a packed batch. */
export interface EventSequence {
  readonly length: number
  at(index: number): NewEvent | undefined
}

/** How far the clock may stand behind the highest position ever given. */
const CLOCK_TOLERANCE_SECONDS = 60

const INSERT = `INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`

/**
 * Stores the events that are not stored yet, together with progress and backfill. Inside a transaction.
 *
 * @param now milliseconds since 1970: events without a position stand at max(highest + 1, now)
 * @throws DemetraError DEMETRA_CLOCK_BEHIND, DEMETRA_BACKFILL_…; then nothing is stored
 */
export function appendEvents(
  connection: Connection,
  events: EventSequence,
  { progress, backfill }: AppendOptions,
  now: number,
): AppendResult {
  const known = new KnownEvents(connection)
  const insert = connection.statement(INSERT)
  const counts = new EventCounts()
  const result: AppendResult = {
    written: 0,
    duplicates: 0,
    conflicts: 0,
    duplicateIndexes: [],
    conflictIndexes: [],
  }
  const nowPosition = positionAt(now)
  const highestBefore = readHighest(connection)
  let highest = highestBefore
  let lowest: bigint | null = null
  let clockChecked = false

  /** The unique index decides; asking first would look twice for an event that is new. */
  const store = (event: NewEvent): boolean => {
    if (event.position === null && !clockChecked) {
      checkClock(highestBefore, now)
      clockChecked = true
    }
    const position = event.position ?? (highest < nowPosition ? nowPosition : highest + 1n)
    const { changes } = insert.run(
      position,
      event.id,
      event.service,
      event.type,
      event.createdAt,
      event.receivedAt,
      event.aggregateId,
      event.correlationId,
      event.metaExtra,
      event.payload,
      event.digest,
    )
    if (Number(changes) === 0) return false
    counts.add(event.type, event.createdAt)
    if (position > highest) highest = position
    if (lowest === null || position < lowest) lowest = position
    return true
  }

  // Where the last one was there already, so may be the next: a look costs less than an insert that fails.
  let lookFirst = false
  for (let index = 0; index < events.length; index += 1) {
    const event = events.at(index) as NewEvent
    let found = lookFirst ? known.look(event) : known.lookArchived(event)
    if (found === 'new') {
      if (store(event)) {
        result.written += 1
        lookFirst = false
        continue
      }
      found = known.look(event)
    }
    lookFirst = true
    if (found === 'duplicate') result.duplicateIndexes.push(index)
    else result.conflictIndexes.push(index)
  }
  result.duplicates = result.duplicateIndexes.length
  result.conflicts = result.conflictIndexes.length

  counts.save(connection)
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
