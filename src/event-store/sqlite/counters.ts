import { DAYS_SHOWN, dayText, type EventCounts } from '../event-counts.ts'
import type { StoreStatistics } from '../event-store.ts'
import type { Connection } from './connection.ts'

/** Adds to the tables what an append has counted. Inside a transaction. A count of zero leaves no row. */
export function saveCounts(connection: Connection, counts: EventCounts): void {
  for (const [type, days] of counts.byType) {
    let total = 0
    for (const [day, events] of days) {
      total += events
      const text = dayText(day)
      connection.run(
        `INSERT INTO demetra_days (type, day, events) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET events = events + excluded.events`,
        type,
        text,
        events,
      )
      if (events >= 0) continue
      connection.run('DELETE FROM demetra_days WHERE type = ? AND day = ? AND events = 0', type, text)
    }
    connection.run(
      `INSERT INTO demetra_types (type, events) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET events = events + excluded.events`,
      type,
      total,
    )
    if (total >= 0) continue
    connection.run('DELETE FROM demetra_types WHERE type = ? AND events = 0', type)
  }
}

/** Live events of these types together; null: of all. */
export function countEvents(connection: Connection, types: readonly string[] | null): number {
  const sql = 'SELECT coalesce(sum(events), 0) FROM demetra_types'
  const row =
    types === null
      ? connection.get<[bigint]>(sql)
      : connection.get<[bigint]>(
          `${sql} WHERE type IN (SELECT value FROM json_each(?))`,
          JSON.stringify(types),
        )
  return Number(row?.[0])
}

export function readStatistics(connection: Connection): StoreStatistics {
  const types = connection.all<[string, bigint, string, string]>(
    `SELECT type, events, (SELECT min(day) FROM demetra_days d WHERE d.type = t.type),
            (SELECT max(day) FROM demetra_days d WHERE d.type = t.type)
     FROM demetra_types t ORDER BY type`,
  )
  const days = connection.all<[string, string, bigint]>(
    'SELECT day, type, events FROM demetra_days ORDER BY day DESC, type LIMIT ?',
    DAYS_SHOWN,
  )
  const size = connection.get<[bigint]>(
    'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size',
  )
  return {
    events: types.reduce((sum, [, events]) => sum + Number(events), 0),
    types: types.map(([type, events, firstDay, lastDay]) => ({
      type,
      events: Number(events),
      firstDay,
      lastDay,
    })),
    days: days.map(([day, type, events]) => ({ day, type, events: Number(events) })),
    sizeBytes: Number(size?.[0]),
  }
}
