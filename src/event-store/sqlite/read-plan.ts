import type { Connection } from './connection.ts'
import { countEvents } from './counters.ts'
import { ROW_COLUMNS } from './event-row.ts'

/**
 * How the log is read. All plans give (position, id) order from an index, and take ?1, ?2 for the point
 * after which, ?3 for the position up to which, ?4 for the number of events.
 */
export interface ReadPlan {
  sql: string
  /** Bound from ?5 on. */
  parameters: string[]
  /** Reads over unwanted events: goes ahead in slices of the log, so that no step is long. */
  scans: boolean
}

/** More arms than these cost more at every batch than a scan of the index by position. */
const MERGED_TYPES = 32
/** With this share of the log wanted, looking at all of it is the shorter way. */
const SCAN_SHARE = 0.5

const RANGE = '(position, id) > (?1, ?2) AND position <= ?3'

/**
 * One type: its own index. A few: their index ranges, merged. Many, or most of the log: the index by position,
 * in which the type stands too, so that no unwanted row is touched.
 *
 * @param types null: all
 */
export function planRead(connection: Connection, types: readonly string[] | null): ReadPlan {
  if (types === null) {
    return { sql: select('events_by_position', RANGE), parameters: [], scans: false }
  }
  if (types.length <= MERGED_TYPES && !areMost(connection, types)) {
    // What a merge is ordered by must stand in its rows; one arm needs no merge.
    const columns = types.length > 1 ? `${ROW_COLUMNS}, id` : ROW_COLUMNS
    const arms = types.map((_, index) => arm('events_by_type', `type = ?${index + 5} AND ${RANGE}`, columns))
    return { sql: ordered(arms.join(' UNION ALL ')), parameters: [...types], scans: false }
  }
  const wanted = `type IN (SELECT value FROM json_each(?5))`
  return {
    sql: select('events_by_position', `${RANGE} AND ${wanted}`),
    parameters: [JSON.stringify(types)],
    scans: true,
  }
}

function areMost(connection: Connection, types: readonly string[]): boolean {
  return types.length > 1 && countEvents(connection, types) >= SCAN_SHARE * countEvents(connection, null)
}

function arm(index: string, where: string, columns = ROW_COLUMNS): string {
  return `SELECT ${columns} FROM events INDEXED BY ${index} WHERE ${where}`
}
function ordered(sql: string): string {
  return `${sql} ORDER BY position, id LIMIT ?4`
}
function select(index: string, where: string): string {
  return ordered(arm(index, where))
}
