import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LogPoint, StoredEvent } from '../../event/event.ts'
import { endOf, LOG_START } from '../../event/log-order.ts'
import type { ReadOptions } from '../event-store.ts'
import type { Connection } from './connection.ts'
import { planRead } from './read-plan.ts'
import { type EventRow, ROW_COLUMNS, toEvent } from './event-row.ts'

/** Runs one step of a read on the connection, waiting where the file is busy. */
export type Reading = <Result>(step: (connection: Connection) => Result) => Promise<Result>

const BATCH_EVENTS = 1000
const LAST_POSITION = 2n ** 63n - 1n

export function readEvent(connection: Connection, id: Uint8Array): StoredEvent | null {
  const row = connection.get<EventRow>(`SELECT ${ROW_COLUMNS} FROM events WHERE id = ?`, id)
  return row === undefined ? null : toEvent(row)
}

/**
 * Live events in log order. Each batch is a query of its own from where the last one ended, so that a slow
 * reader holds no snapshot and the file's log of changes can be folded in meanwhile.
 */
export async function* readLog(
  reading: Reading,
  { after = LOG_START, upTo = LAST_POSITION, types, batchEvents = BATCH_EVENTS }: ReadOptions,
): AsyncGenerator<StoredEvent[]> {
  const wanted = types === undefined ? null : [...new Set(types)]
  if (wanted?.length === 0) return
  const plan = await reading((connection) => planRead(connection, wanted))
  let from = after
  for (;;) {
    const end = plan.scans ? await reading((connection) => sliceEnd(connection, from, upTo)) : null
    for (;;) {
      const batch = await reading((connection) =>
        select(connection, plan.sql, [
          from.position,
          from.id,
          end?.position ?? upTo,
          batchEvents,
          ...plan.parameters,
        ]),
      )
      const last = batch.at(-1)
      if (last !== undefined) {
        from = last
        yield batch
        // Signals and timers get their turn, also where the consumer never waits.
        await nextTurn()
      }
      if (batch.length < batchEvents) break
    }
    if (end === null) return
    // the whole of its position was read, also what stands there behind the slice's last event
    from = endOf(end.position)
    await nextTurn()
  }
}

/** All events of an aggregate or a correlation, by their own index. */
export async function* readHistory(
  reading: Reading,
  of: { aggregateId: string } | { correlationId: string },
): AsyncGenerator<StoredEvent[]> {
  const [column, value] =
    'aggregateId' in of ? ['aggregate_id', of.aggregateId] : ['correlation_id', of.correlationId]
  const sql = `SELECT ${ROW_COLUMNS} FROM events
    WHERE ${column} = ?4 AND position >= ?1 AND (position > ?1 OR id > ?2) ORDER BY position, id LIMIT ?3`
  let from = LOG_START
  for (;;) {
    const batch = await reading((connection) =>
      select(connection, sql, [from.position, from.id, BATCH_EVENTS, value]),
    )
    const last = batch.at(-1)
    if (last === undefined) return
    from = last
    yield batch
    await nextTurn()
  }
}

/** Unwanted events are stepped over by the hundred thousand, some 20 ms of the event loop. */
const SLICE_EVENTS = 100_000

/** The last point of the next slice of the log; null: the rest is one. */
function sliceEnd(connection: Connection, from: LogPoint, upTo: bigint): LogPoint | null {
  const row = connection.get<[bigint, Uint8Array]>(
    `SELECT position, id FROM events INDEXED BY events_by_position
     WHERE (position, id) > (?, ?) AND position <= ? ORDER BY position, id LIMIT 1 OFFSET ${SLICE_EVENTS}`,
    from.position,
    from.id,
    upTo,
  )
  return row === undefined ? null : { position: row[0], id: row[1] }
}

function select(
  connection: Connection,
  sql: string,
  parameters: (bigint | number | string | Uint8Array)[],
): StoredEvent[] {
  return connection.all<EventRow>(sql, ...parameters).map(toEvent)
}
