import type { Reader } from '../event-store.ts'
import { expireBackfills, heldFrom } from './backfill-holds.ts'
import type { Connection } from './connection.ts'

/**
 * Writes down how far a reader is about to read, and tells how far it may: below a running backfill. Inside
 * a transaction, so that a backfill sees the reader or the reader the backfill. What was written before stays
 * where it is further on: it may have been read.
 */
export function advanceReader(
  connection: Connection,
  { reportStore, name, generation, readTo }: Reader,
  now: number,
): { mayReadTo: bigint } {
  expireBackfills(connection, now)
  const held = heldFrom(connection)
  const mayReadTo = held !== null && held < readTo ? held : readTo
  connection.run(
    `INSERT INTO demetra_readers (report_store, name, generation, read_to, heard_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET read_to = max(read_to, excluded.read_to), heard_at = excluded.heard_at`,
    reportStore,
    name,
    generation,
    mayReadTo,
    now,
  )
  return { mayReadTo }
}

export function dropReader(
  connection: Connection,
  { reportStore, name, generation }: Pick<Reader, 'reportStore' | 'name' | 'generation'>,
): void {
  connection.run(
    'DELETE FROM demetra_readers WHERE report_store = ? AND name = ? AND generation = ?',
    reportStore,
    name,
    generation,
  )
}

export function listReaders(connection: Connection): (Reader & { heardAt: number })[] {
  return readersFrom(connection, 0n)
}

/** The readers that have read `position` or beyond. */
export function readersFrom(connection: Connection, position: bigint): (Reader & { heardAt: number })[] {
  return connection
    .all<[string, string, bigint, bigint, bigint]>(
      `SELECT report_store, name, generation, read_to, heard_at FROM demetra_readers
       WHERE read_to >= ? ORDER BY report_store, name, generation`,
      position,
    )
    .map(([reportStore, name, generation, readTo, heardAt]) => ({
      reportStore,
      name,
      generation: Number(generation),
      readTo,
      heardAt: Number(heardAt),
    }))
}
