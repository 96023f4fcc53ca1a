import type { ReportColumn } from './report-column.ts'
import type { ReportStatus } from './report-store.ts'
import { readState } from './sql-state.ts'
import type { SqlValue } from './sqlite-values.ts'

export type StatusRow = Record<string, SqlValue>

/** `row` read with big integers, of format 1 as well. `now` tells whether its lease still runs. */
export function readStatus(row: StatusRow, now: number): ReportStatus {
  const json = (column: string): unknown => JSON.parse(row[column] as string)
  const jsonOr = (column: string, otherwise: unknown): unknown =>
    typeof row[column] === 'string' ? json(column) : otherwise
  const position = row['checkpoint_position'] as bigint | null
  const owner = row['lease_owner'] as string | null
  const expiresAt = Number(row['lease_expires_at'])
  return {
    name: row['name'] as string,
    generation: Number(row['generation']),
    eventStoreId: row['event_store'] as string,
    version: Number(row['version']),
    columns: json('columns') as ReportColumn[],
    memory: jsonOr('memory', null) as ReportColumn[] | null,
    hidden: jsonOr('hidden', []) as string[],
    indexes: jsonOr('indexes', []) as string[][],
    inUse: Number(row['in_use']) === 1,
    table: row['table_name'] as string,
    view: row['view_name'] as string,
    updatedAt: Number(row['updated_at']),
    heldBy: owner !== null && expiresAt > now ? { owner, expiresAt } : null,
    ...readState({
      checkpoint: position === null ? null : { position, id: row['checkpoint_id'] as Uint8Array },
      shown: row['shown'],
      waiting: row['waiting'] as string,
      backfill: row['backfill'],
      tail: row['tail'] as string | null,
      stale: row['stale'] as string,
      skipped: row['skipped'] as string,
    }),
  }
}
