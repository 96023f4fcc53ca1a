import type { NewEvent } from '../../event/event.ts'
import type { Connection } from './connection.ts'
import { EVENT_COLUMNS } from './schema.ts'

/**
 * Rows of one INSERT. A statement opens all indexes anew: ten rows at once take a quarter off the CPU time of
 * an import, more than that bring nothing.
 */
export const CHUNK_EVENTS = 10

export interface PlacedEvent {
  event: NewEvent
  position: bigint
}

/**
 * Inserts up to CHUNK_EVENTS events in their order, leaving out those whose id is in the table, also from
 * earlier in the chunk. Inside a transaction.
 *
 * OR IGNORE, not ON CONFLICT DO NOTHING: for the latter SQLite copies every page that a statement of several
 * rows touches, to be able to take it back.
 *
 * @returns which were left out, by their index; null: none
 */
export function insertChunk(connection: Connection, chunk: readonly PlacedEvent[]): Set<number> | null {
  const values: (bigint | Uint8Array | string | number | null)[] = []
  for (const { event, position } of chunk) {
    values.push(
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
  }
  const { changes, lastInsertRowid } = connection.statement(insertOf(chunk.length)).run(...values)
  if (Number(changes) === chunk.length) return null
  if (Number(changes) === 0) return new Set(chunk.keys())
  return leftOut(connection, chunk, BigInt(lastInsertRowid) - BigInt(changes))
}

/**
 * Rows are added in order, each with the next rowid: an id whose row is older than that was there before.
 *
 * @param lastRow the last rowid before the chunk
 */
function leftOut(connection: Connection, chunk: readonly PlacedEvent[], lastRow: bigint): Set<number> {
  const known = new Set<number>()
  let last = lastRow
  chunk.forEach(({ event }, index) => {
    const row = connection.get<[bigint]>('SELECT rowid FROM events WHERE id = ?', event.id)
    if (row === undefined) throw new Error('an event was left out although its id is not stored')
    if (row[0] > last) last = row[0]
    else known.add(index)
  })
  return known
}

const inserts = new Map<number, string>()

function insertOf(rows: number): string {
  let sql = inserts.get(rows)
  if (sql === undefined) {
    const values = Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')
    sql = `INSERT OR IGNORE INTO events (${EVENT_COLUMNS}) VALUES ${values}`
    inserts.set(rows, sql)
  }
  return sql
}
