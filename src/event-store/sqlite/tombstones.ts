import type { StoredEvent } from '../../event/event.ts'
import { EventCounts } from '../event-counts.ts'
import type { ArchivedEvent, LeftEvent, MoveResult, Tombstone } from '../catalogue.ts'
import { checkCommitted } from '../segment-change.ts'
import type { EventSequence } from './append.ts'
import type { Connection } from './connection.ts'
import { saveCounts } from './counters.ts'
import { insertChunk } from './insert-chunk.ts'
import { type PackedTombstones, tombstoneAt } from './packed-tombstones.ts'
import { checkFence, readSegment } from './segments.ts'

/** Whose events are moved, under which token. */
export interface Move {
  number: number
  fence: bigint
}

/** Live events to tombstones. Inside a transaction. */
export function entomb(
  connection: Connection,
  { number, fence, packed }: Move & { packed: PackedTombstones },
): MoveResult {
  checkMove(connection, { number, fence })
  const remove = connection.statement('DELETE FROM events WHERE id = ? AND digest = ? AND position = ?')
  return moveEach(packed.length, (index) => {
    const event = tombstoneAt(packed, index)
    if (Number(remove.run(event.id, event.digest, event.position).changes) === 0) {
      const found = look(connection, event)
      return found === 'unknown' || found === 'differs' ? found : archivedAs(found, number)
    }
    insertTombstone(connection, event, number)
    return 'moved'
  })
}

/** Tombstones for what is neither live nor archived. Inside a transaction. */
export function addTombstones(
  connection: Connection,
  {
    number,
    fence,
    packed,
    types,
    createdAts,
  }: Move & { packed: PackedTombstones; types: readonly string[]; createdAts: Float64Array },
): MoveResult {
  checkMove(connection, { number, fence })
  const counts = new EventCounts()
  const result = moveEach(packed.length, (index) => {
    const event = tombstoneAt(packed, index)
    const found = look(connection, event)
    if (found === 'differs') return found
    if (found !== 'unknown') return found === 'live' ? found : archivedAs(found, number)
    insertTombstone(connection, event, number)
    counts.add(types[index] as string, createdAts[index] as number)
    return 'moved'
  })
  saveCounts(connection, counts)
  return result
}

/** Tombstones to live events. Inside a transaction. */
export function revive(
  connection: Connection,
  { number, fence, events }: Move & { events: EventSequence },
): MoveResult {
  checkMove(connection, { number, fence })
  const remove = connection.statement(
    'DELETE FROM tombstones WHERE id = ? AND digest = ? AND position = ? AND segment = ?',
  )
  return moveEach(events.length, (index) => {
    const event = events.at(index) as StoredEvent
    if (Number(remove.run(event.id, event.digest, event.position, number).changes) === 0) {
      const found = look(connection, event)
      if (found === 'live') return 'already'
      return found === 'unknown' || found === 'differs' ? found : 'elsewhere'
    }
    if (insertChunk(connection, [{ event, position: event.position }]) !== null)
      throw new Error('an event is live and has a tombstone')
    return 'moved'
  })
}

export function readTombstone(connection: Connection, id: Uint8Array): Tombstone | null {
  const row = connection.get<[bigint, Uint8Array, bigint]>(
    'SELECT position, digest, segment FROM tombstones WHERE id = ?',
    id,
  )
  return row === undefined ? null : { position: row[0], digest: row[1], segment: Number(row[2]) }
}

function checkMove(connection: Connection, { number, fence }: Move): void {
  checkFence(connection, fence)
  checkCommitted(number, readSegment(connection, number))
}

function moveEach(
  length: number,
  move: (index: number) => 'moved' | 'already' | LeftEvent['why'],
): MoveResult {
  const result: MoveResult = { moved: 0, already: 0, left: [] }
  for (let index = 0; index < length; index += 1) {
    const outcome = move(index)
    if (outcome === 'moved') result.moved += 1
    else if (outcome === 'already') result.already += 1
    else result.left.push({ index, why: outcome })
  }
  return result
}

/** What is stored under the id of an event: nothing, something else, the event itself, or its tombstone. */
function look(
  connection: Connection,
  { id, digest, position }: ArchivedEvent,
): 'unknown' | 'differs' | 'live' | Tombstone {
  const isThis = (found: Pick<Tombstone, 'digest' | 'position'>): boolean =>
    found.position === position && Buffer.compare(found.digest, digest) === 0
  const tombstone = readTombstone(connection, id)
  if (tombstone !== null) return isThis(tombstone) ? tombstone : 'differs'
  const live = connection.get<[bigint, Uint8Array]>('SELECT position, digest FROM events WHERE id = ?', id)
  if (live === undefined) return 'unknown'
  return isThis({ position: live[0], digest: live[1] }) ? 'live' : 'differs'
}

function archivedAs(found: 'live' | Tombstone, number: number): 'already' | 'elsewhere' | 'live' {
  if (found === 'live') return found
  return found.segment === number ? 'already' : 'elsewhere'
}

function insertTombstone(connection: Connection, event: ArchivedEvent, number: number): void {
  connection
    .statement('INSERT INTO tombstones (id, position, digest, segment) VALUES (?, ?, ?, ?)')
    .run(event.id, event.position, event.digest, number)
}
