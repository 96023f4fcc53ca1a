import type { Connection } from './connection.ts'

/** Those whose owner is gone are over, for good: readers may move on and must not be overtaken later. */
export function expireBackfills(connection: Connection, now: number): void {
  connection.run('UPDATE demetra_backfills SET running = 0 WHERE running = 1 AND expires_at <= ?', now)
}

/** Where readers have to stop for the running backfills; null: there is none. */
export function heldFrom(connection: Connection): bigint | null {
  const row = connection.get<[bigint | null]>(
    'SELECT min(holds_from) FROM demetra_backfills WHERE running = 1',
  )
  return row?.[0] ?? null
}
