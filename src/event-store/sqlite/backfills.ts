import { backfillOver, belowReaders } from '../backfill-errors.ts'
import type { Backfill, BackfillHandle } from '../event-store.ts'
import { expireBackfills } from './backfill-holds.ts'
import type { Connection } from './connection.ts'
import { readersFrom } from './readers.ts'

type Row = [bigint, string, bigint, bigint | null, bigint]

/** Begins a backfill: all above the foremost reader is free for it. Inside a transaction. */
export function beginBackfill(
  connection: Connection,
  { importId, ttlMs }: { importId: string; ttlMs: number },
  now: number,
): Backfill {
  expireBackfills(connection, now)
  const row = connection.get<Row>(
    `INSERT INTO demetra_backfills (import_id, holds_from, lowest, running, ttl_ms, expires_at)
     SELECT ?1, coalesce(max(read_to), 0), NULL, 1, ?2, ?3 FROM demetra_readers
     RETURNING number, import_id, holds_from, lowest, running`,
    importId,
    ttlMs,
    now + ttlMs,
  ) as Row
  return toBackfill(row)
}

export function endBackfill(connection: Connection, number: number): void {
  connection.run('UPDATE demetra_backfills SET running = 0 WHERE number = ?', number)
}

export function backfillsSince(connection: Connection, number: number, now: number): Backfill[] {
  return connection
    .all<Row>(
      `SELECT number, import_id, holds_from, lowest, running AND expires_at > ?2 FROM demetra_backfills
       WHERE number > ?1 ORDER BY number`,
      number,
      now,
    )
    .map(toBackfill)
}

/**
 * Enters what an append has written into its backfill, in the append's own transaction, and prolongs it.
 *
 * @param lowest the lowest position written; null: only duplicates
 * @throws DemetraError DEMETRA_BACKFILL_BELOW_READERS or DEMETRA_BACKFILL_OVER; then nothing is stored
 */
export function noteBackfilled(
  connection: Connection,
  { number, staleReports }: BackfillHandle,
  lowest: bigint | null,
  now: number,
): void {
  expireBackfills(connection, now)
  const found = connection.run(
    `UPDATE demetra_backfills
     SET lowest = min(coalesce(lowest, ?2), coalesce(?2, lowest)), expires_at = ?3 + ttl_ms
     WHERE number = ?1 AND running = 1`,
    number,
    lowest,
    now,
  )
  if (found === 0) throw backfillOver(number)
  if (lowest === null || staleReports) return
  const readers = readersFrom(connection, lowest)
  if (readers.length > 0) throw belowReaders(readers.map((reader) => reader.name))
}

function toBackfill([number, importId, holdsFrom, lowest, running]: Row): Backfill {
  return { number: Number(number), importId, holdsFrom, lowest, running: running === 1n }
}
