import { DemetraError, EXIT } from '../../errors.ts'
import type { ReportColumn } from '../report-column.ts'
import type { ReportStatus } from '../report-store.ts'
import { pointFromJson, readState } from '../sql-state.ts'
import type { Ask } from './connection.ts'

/** Of the tables below; a higher one is a newer Demetra's. */
const FORMAT = 1

/** Milliseconds since 1970, by the server's clock. */
export const CLOCK = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

/** A row for each generation; the view shows the one that is in use. */
const TABLES = `
CREATE TABLE demetra_report_store (format integer NOT NULL);
INSERT INTO demetra_report_store VALUES (${FORMAT});
CREATE TABLE demetra_report_numbers (name text COLLATE "C" PRIMARY KEY, last_generation integer NOT NULL);
CREATE TABLE demetra_reports (
  name text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  in_use boolean NOT NULL,
  table_name text NOT NULL,
  view_name text NOT NULL,
  event_store text NOT NULL,
  version bigint NOT NULL,
  columns json NOT NULL,
  memory json NOT NULL,
  hidden json NOT NULL,
  indexes json NOT NULL,
  checkpoint_position bigint,
  checkpoint_id bytea,
  shown bigint NOT NULL DEFAULT 0,
  waiting json NOT NULL DEFAULT '{}',
  backfill bigint NOT NULL DEFAULT 0,
  tail json,
  stale json NOT NULL DEFAULT '[]',
  skipped json NOT NULL DEFAULT '[]',
  updated_at bigint NOT NULL,
  lease_owner text,
  lease_expires_at bigint,
  lease_token bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (name, generation)
);
CREATE UNIQUE INDEX demetra_reports_in_use ON demetra_reports (name) WHERE in_use;
`

const SELECT = `SELECT name, generation, in_use, table_name, view_name, event_store, version, columns, memory,
  hidden, indexes, updated_at, lease_owner, lease_expires_at, lease_expires_at > ${CLOCK},
  checkpoint_position, encode(checkpoint_id, 'hex'), shown, waiting, backfill, tail, stale, skipped
  FROM demetra_reports`

/** True where the database holds reports. Throws DEMETRA_REPORT_STORE_NEWER. */
export async function hasBookkeeping(ask: Ask): Promise<boolean> {
  // to_regclass would say within a transaction what it has said before, whoever has made the table meanwhile
  const there = await ask(
    `SELECT 1 FROM pg_class WHERE relname = 'demetra_report_store' AND pg_table_is_visible(oid)`,
  )
  if (there.count === 0) return false
  const found = await ask('SELECT format FROM demetra_report_store')
  const format = Number(found.rows[0]?.[0])
  if (format === FORMAT) return true
  throw new DemetraError(`The report store is of format ${format}; this Demetra knows ${FORMAT}`, {
    code: 'DEMETRA_REPORT_STORE_NEWER',
    exitCode: EXIT.failed,
    hints: ['Use the Demetra that made it, or a newer one'],
    context: { format },
  })
}

/** In a transaction, which it makes alone among all that create something until it ends. */
export async function ensureBookkeeping(ask: Ask): Promise<void> {
  await ask(`SELECT pg_advisory_xact_lock(hashtext('demetra_reports'))`)
  if (await hasBookkeeping(ask)) return
  const encoding = (await ask('SHOW server_encoding')).rows[0]?.[0]
  if (encoding !== 'UTF8') {
    throw new DemetraError(`The database of the report store has the encoding ${encoding}, not UTF8`, {
      code: 'DEMETRA_REPORT_STORE_ENCODING',
      exitCode: EXIT.failed,
      hints: ['Make another: `createdb --encoding=UTF8 --template=template0 DATABASE`'],
    })
  }
  await ask(TABLES)
}

/** `rest`: what follows SELECT … FROM demetra_reports. */
export async function statuses(
  ask: Ask,
  rest: string,
  parameters: readonly unknown[] = [],
): Promise<ReportStatus[]> {
  return (await ask(`${SELECT} ${rest}`, parameters)).rows.map(readStatus)
}

export async function statusInUse(ask: Ask, name: string): Promise<ReportStatus | null> {
  return (await statuses(ask, 'WHERE name = $1 AND in_use', [name]))[0] ?? null
}

function readStatus(row: readonly (string | null)[]): ReportStatus {
  const [name, generation, inUse, table, view, eventStoreId, version] = row as string[]
  const [columns, memory, hidden, indexes] = row.slice(7, 11).map((text) => JSON.parse(text ?? 'null'))
  const [updatedAt, owner, expiresAt, isHeld] = row.slice(11, 15)
  const [position = null, id = null, shown, waiting, backfill, tail = null, stale, skipped] = row.slice(15)
  return {
    name: name ?? '',
    generation: Number(generation),
    inUse: inUse === 't',
    table: table ?? '',
    view: view ?? '',
    eventStoreId: eventStoreId ?? '',
    version: Number(version),
    columns: columns as ReportColumn[],
    memory: memory as ReportColumn[] | null,
    hidden: hidden as string[],
    indexes: indexes as string[][],
    updatedAt: Number(updatedAt),
    heldBy: owner && isHeld === 't' ? { owner, expiresAt: Number(expiresAt) } : null,
    ...readState({
      checkpoint: position === null || id === null ? null : pointFromJson({ position, id }),
      shown,
      waiting: waiting ?? '{}',
      backfill,
      tail,
      stale: stale ?? '[]',
      skipped: skipped ?? '[]',
    }),
  }
}
