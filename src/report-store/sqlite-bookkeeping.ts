import { Buffer } from 'node:buffer'
import type { DatabaseSync } from 'node:sqlite'
import { DemetraError, EXIT } from '../errors.ts'
import type { ReportColumn } from './report-column.ts'
import type { LogTail, ReportState, ReportStatus, SkippedEvent, StaleReason } from './report-store.ts'
import { pointFromJson, pointToJson, type SqlValue } from './sqlite-values.ts'

/** Of the tables below; a higher one is a newer Demetra's. */
const FORMAT = 1

/** A row for each generation; the view shows the one that is in use. */
const TABLES = `
CREATE TABLE demetra_report_store (format INTEGER NOT NULL) STRICT;
INSERT INTO demetra_report_store VALUES (${FORMAT});
CREATE TABLE demetra_reports (
  name TEXT NOT NULL,
  generation INTEGER NOT NULL,
  in_use INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  view_name TEXT NOT NULL,
  event_store TEXT NOT NULL,
  version INTEGER NOT NULL,
  columns TEXT NOT NULL,
  checkpoint_position INTEGER,
  checkpoint_id BLOB,
  shown INTEGER NOT NULL DEFAULT 0,
  waiting TEXT NOT NULL DEFAULT '{}',
  backfill INTEGER NOT NULL DEFAULT 0,
  tail TEXT,
  stale TEXT NOT NULL DEFAULT '[]',
  skipped TEXT NOT NULL DEFAULT '[]',
  updated_at INTEGER NOT NULL,
  lease_owner TEXT,
  lease_expires_at INTEGER,
  lease_token INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (name, generation)
) STRICT;
CREATE UNIQUE INDEX demetra_reports_in_use ON demetra_reports (name) WHERE in_use = 1;
`

/** True where the database holds reports. Throws DEMETRA_REPORT_STORE_NEWER. */
export function hasBookkeeping(database: DatabaseSync): boolean {
  const there = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'demetra_report_store'`).get()
  if (there === undefined) return false
  const row = database.prepare('SELECT format FROM demetra_report_store').get()
  const format = Number(row?.['format'])
  if (format === FORMAT) return true
  throw new DemetraError(`The report store is of format ${format}; this Demetra knows ${FORMAT}`, {
    code: 'DEMETRA_REPORT_STORE_NEWER',
    exitCode: EXIT.failed,
    hints: ['Use the Demetra that made it, or a newer one'],
    context: { format },
  })
}

/** In a transaction. */
export function createBookkeeping(database: DatabaseSync): void {
  database.exec(TABLES)
}

export type StatusRow = Record<string, SqlValue>

/** `row` read with big integers. `now` tells whether its lease still runs. */
export function readStatus(row: StatusRow, now: number): ReportStatus {
  const json = (column: string): unknown => JSON.parse(row[column] as string)
  const position = row['checkpoint_position'] as bigint | null
  const owner = row['lease_owner'] as string | null
  const expiresAt = Number(row['lease_expires_at'])
  return {
    name: row['name'] as string,
    generation: Number(row['generation']),
    eventStoreId: row['event_store'] as string,
    version: Number(row['version']),
    columns: json('columns') as ReportColumn[],
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
