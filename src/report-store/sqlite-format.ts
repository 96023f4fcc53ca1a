import type { DatabaseSync } from 'node:sqlite'
import { DemetraError, EXIT } from '../errors.ts'

/** Of the tables below; a higher one is a newer Demetra's. */
const FORMAT = 2

const NUMBERS = `
CREATE TABLE demetra_report_numbers (
  name TEXT PRIMARY KEY,
  last_generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

/** A row for each generation; the view shows the one that is in use. The highest number outlives its generation. */
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
  memory TEXT,
  hidden TEXT NOT NULL DEFAULT '[]',
  indexes TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (name, generation)
) STRICT;
CREATE UNIQUE INDEX demetra_reports_in_use ON demetra_reports (name) WHERE in_use = 1;
${NUMBERS}`

const FROM_1 = `
ALTER TABLE demetra_reports ADD COLUMN memory TEXT;
ALTER TABLE demetra_reports ADD COLUMN hidden TEXT NOT NULL DEFAULT '[]';
ALTER TABLE demetra_reports ADD COLUMN indexes TEXT NOT NULL DEFAULT '[]';
${NUMBERS}
UPDATE demetra_report_store SET format = 2;
`

/** The format of the tables; null: there are none. Throws DEMETRA_REPORT_STORE_NEWER. */
export function formatOf(database: DatabaseSync): number | null {
  const there = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'demetra_report_store'`).get()
  if (there === undefined) return null
  const row = database.prepare('SELECT format FROM demetra_report_store').get()
  const format = Number(row?.['format'])
  if (format >= 1 && format <= FORMAT) return format
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

/** In a transaction; false: there is nothing yet. What an older Demetra has made is read as it is until then. */
export function bringUpToDate(database: DatabaseSync): boolean {
  const format = formatOf(database)
  if (format === 1) database.exec(FROM_1)
  return format !== null
}
