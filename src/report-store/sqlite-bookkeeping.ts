import { Buffer } from 'node:buffer'
import type { ReportColumn } from './report-column.ts'
import type { LogTail, ReportState, ReportStatus, SkippedEvent, StaleReason } from './report-store.ts'
import { pointFromJson, pointToJson, type SqlValue } from './sqlite-values.ts'

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
    checkpoint: position === null ? null : { position, id: row['checkpoint_id'] as Uint8Array },
    shown: Number(row['shown']),
    waiting: json('waiting') as Record<string, number>,
    backfill: Number(row['backfill']),
    tail: row['tail'] === null ? null : readTail(json('tail') as TailJson),
    stale: json('stale') as StaleReason[],
    skipped: (json('skipped') as (Omit<SkippedEvent, 'position'> & { position: string })[]).map((event) => ({
      ...event,
      position: BigInt(event.position),
    })),
  }
}

/** Values of `STATE_COLUMNS`. */
export function writeState(state: ReportState): SqlValue[] {
  return [
    state.checkpoint?.position ?? null,
    state.checkpoint?.id ?? null,
    state.shown,
    JSON.stringify(state.waiting),
    state.backfill,
    state.tail === null ? null : JSON.stringify(writeTail(state.tail)),
    JSON.stringify(state.stale),
    JSON.stringify(state.skipped.map((event) => ({ ...event, position: String(event.position) }))),
  ]
}

export const STATE_COLUMNS = [
  'checkpoint_position',
  'checkpoint_id',
  'shown',
  'waiting',
  'backfill',
  'tail',
  'stale',
  'skipped',
] as const

type TailJson = ReturnType<typeof writeTail>

function writeTail(tail: LogTail) {
  const idsXor = Buffer.from(tail.idsXor).toString('hex')
  return { after: pointToJson(tail.after), upTo: pointToJson(tail.upTo), events: tail.events, idsXor }
}

function readTail(json: TailJson): LogTail {
  const idsXor = new Uint8Array(Buffer.from(json.idsXor, 'hex'))
  return { after: pointFromJson(json.after), upTo: pointFromJson(json.upTo), events: json.events, idsXor }
}
