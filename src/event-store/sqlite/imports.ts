import type { AppendResult, ImportProgress, StoredImportProgress } from '../event-store.ts'
import { importOutOfStep } from '../import-out-of-step.ts'
import type { Connection } from './connection.ts'

const COLUMNS =
  'fingerprint, source, import_id, status, state, started_at, updated_at, written, duplicates, conflicts'
type Row = [string, string, string, 'running' | 'finished', string, bigint, bigint, bigint, bigint, bigint]

type Counts = Pick<AppendResult, 'written' | 'duplicates' | 'conflicts'>
const NOTHING: Counts = { written: 0, duplicates: 0, conflicts: 0 }

/**
 * Saves where an import stands and adds to its sums, inside a transaction. Another import id under the same
 * fingerprint begins anew.
 */
export function saveProgress(
  connection: Connection,
  progress: ImportProgress,
  now: number,
  counts: Counts = NOTHING,
): void {
  connection.run(
    'DELETE FROM demetra_imports WHERE fingerprint = ? AND import_id <> ?',
    progress.fingerprint,
    progress.importId,
  )
  connection.run(
    `INSERT INTO demetra_imports (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9)
     ON CONFLICT DO UPDATE SET source = excluded.source, status = excluded.status, state = excluded.state,
       updated_at = excluded.updated_at, written = written + excluded.written,
       duplicates = duplicates + excluded.duplicates, conflicts = conflicts + excluded.conflicts`,
    progress.fingerprint,
    progress.source,
    progress.importId,
    progress.status,
    progress.state,
    now,
    counts.written,
    counts.duplicates,
    counts.conflicts,
  )
}

/**
 * Inside a transaction.
 *
 * @throws DemetraError DEMETRA_IMPORT_OUT_OF_STEP where the import stands elsewhere than at `follows`
 */
export function checkFollows(
  connection: Connection,
  { fingerprint, importId }: ImportProgress,
  follows: string | null,
): void {
  const saved = readProgress(connection, fingerprint)
  const state = saved?.importId === importId ? saved.state : null
  if (state === follows) return
  throw importOutOfStep()
}

export function forgetProgress(connection: Connection, fingerprint: string): void {
  connection.run('DELETE FROM demetra_imports WHERE fingerprint = ?', fingerprint)
}

export function readProgress(connection: Connection, fingerprint: string): StoredImportProgress | null {
  const row = connection.get<Row>(`SELECT ${COLUMNS} FROM demetra_imports WHERE fingerprint = ?`, fingerprint)
  return row === undefined ? null : toProgress(row)
}

/** Newest first. */
export function listProgress(connection: Connection, limit: number): StoredImportProgress[] {
  return connection
    .all<Row>(`SELECT ${COLUMNS} FROM demetra_imports ORDER BY started_at DESC, rowid DESC LIMIT ?`, limit)
    .map(toProgress)
}

function toProgress(row: Row): StoredImportProgress {
  return {
    fingerprint: row[0],
    source: row[1],
    importId: row[2],
    status: row[3],
    state: row[4],
    startedAt: Number(row[5]),
    updatedAt: Number(row[6]),
    written: Number(row[7]),
    duplicates: Number(row[8]),
    conflicts: Number(row[9]),
  }
}
