import type { LogPoint } from '../event/event.ts'
import type { ColumnValue, ReportColumn } from './report-column.ts'

/**
 * Port: the database that holds the reports. Adapters: sqlite.ts; postgres.ts and mongodb.ts are to come. The
 * contract suite test/contracts/report-store.contract.ts holds every adapter to the guarantees written here.
 *
 * 1. Rows and checkpoint are committed together or not at all, and only where generation, old checkpoint and
 *    fencing token are what the caller took them for: of two writers one wins, the other writes nothing.
 * 2. A row comes back as it went in: values, null and not set. It keeps the list of what it waits for.
 * 3. People query the view NAME (`-` written as `_`): rows that wait for nothing, the columns of key and row
 *    but for the hidden ones, the key unique. It shows one generation, whole commits only.
 * 4. A lease has an owner, an expiry by the store's clock and a fencing token that grows at every take-over.
 * 5. A report belongs to one event store, for ever; a report of another is refused.
 * 6. Reading and asking write nothing, not even an empty database.
 * 7. `switchTo` is one step for everybody who queries the view: before it the old generation, after it the new
 *    one, no error and no mixture. What reads the old one may go on until `drop`.
 * 8. The memory of a projection is kept beside the rows, by the same commits; nobody is shown it.
 *
 * Errors: DemetraError. Unreachable store: exit 10. Busy: exit 5. A database that is not ours, or of a newer
 * Demetra, a report of another event store: exit 1 with what was found. A report whose table or column somebody has
 * dropped, where it is loaded, committed or read: DEMETRA_REPORT_TABLE_CHANGED, exit 1; a replay makes it anew.
 */
export interface ReportStore {
  /** As given, secrets left out; a path is absolute, so it is the same from every folder. */
  readonly url: string

  /** The report's generation in use (the one that the view shows); null: there is none yet. */
  status(name: string): Promise<ReportStatus | null>
  /** Every report's generation in use, by name. */
  list(): Promise<ReportStatus[]>

  /** Every generation of a report that is there, the oldest first. */
  generations(name: string): Promise<ReportStatus[]>

  /** The report's generation in use, made empty where there is none: tables, view and bookkeeping in one step. */
  open(report: NewReport): Promise<ReportStatus>
  /**
   * A new generation, empty and not in use, numbered above all that ever were; for a replay. Where no generation
   * is in use yet, `switchTo` makes the view as well.
   */
  begin(report: NewReport): Promise<ReportStatus>
  /**
   * The view shows this generation from now on. The one before stays, until `drop`. False: the lease of `of` was
   * lost, or a later generation is in use; nothing has changed.
   *
   * @throws DemetraError DEMETRA_REPORT_VIEW_IN_USE, exit 1, where something that depends on the view is in the way
   *   of its new columns, with its name
   */
  switchTo(of: Generation, token: bigint): Promise<boolean>
  /**
   * Removes a generation that is not in use, tables and all. One that is gone already is nothing.
   *
   * @throws DemetraError DEMETRA_REPORT_TABLE_IN_USE, exit 1, where something was made from its table, with its name
   */
  drop(of: Generation): Promise<void>
  /** `isGone` may say of an owner that it runs no more: its lease counts as run out. */
  acquire(
    of: Generation,
    owner: string,
    ttlMs: number,
    isGone?: (owner: string) => boolean,
  ): Promise<ReportLease | ReportLeaseRefusal>
  /** False: it was lost in the meantime. */
  renew(of: Generation, token: bigint, ttlMs: number): Promise<boolean>
  release(of: Generation, token: bigint): Promise<void>

  /**
   * The rows with these keys, in their order; null: no such row. A key holds the values of the key columns. Of a
   * generation that is gone: DEMETRA_GENERATION_GONE, exit 5.
   */
  load(
    of: Generation,
    keys: readonly (readonly ColumnValue[])[],
    part?: ReportPart,
  ): Promise<(StoredRow | null)[]>
  /** All or nothing; false: another writer is ahead or the lease was lost, nothing was written. Prolongs the lease. */
  commit(commit: ReportCommit): Promise<boolean>

  /**
   * Shown rows, in batches of about `batchRows` (default 1,000), from one snapshot; hidden columns are left out.
   * Null: no such report.
   */
  read(name: string, query?: ReportQuery): Promise<ReportRows | null>

  close(): Promise<void>
}

export type ReportPart = 'rows' | 'memory'

export interface Generation {
  name: string
  generation: number
}

export interface NewReport {
  /** The projection's name. */
  name: string
  /** UUID of the event store. */
  eventStoreId: string
  version: number
  /** Key columns first. */
  columns: readonly ReportColumn[]
  /** The columns of the projection's memory, key columns first; null: it has none. */
  memory: readonly ReportColumn[] | null
  /** Columns that the view leaves out. */
  hidden: readonly string[]
  /** Lists of columns; each generation has its own indexes. */
  indexes: readonly (readonly string[])[]
}

/** What is known of a generation; written with every commit. */
export interface ReportStatus extends Generation, ReportState, NewReport {
  /** The view shows it. */
  inUse: boolean
  /** Table or collection, and the view that shows it. */
  table: string
  view: string
  /** Milliseconds since 1970: of the last commit. */
  updatedAt: number
  /** Of the run that holds it now, if there is one. */
  heldBy: { owner: string; expiresAt: number } | null
}

/** The part of the status that a commit sets. */
export interface ReportState {
  /** Everything up to here is in the report; null: nothing yet. */
  checkpoint: LogPoint | null
  /** Rows in the view. */
  shown: number
  /** How many rows wait for which column; a row may wait for several. `(complete)`: for the further condition. */
  waiting: Readonly<Record<string, number>>
  /** Number of the last backfill that the report knows to be over; 0: none. */
  backfill: number
  /** What the log held at its end, to see whether something came late. */
  tail: LogTail | null
  /** Why the report does not follow from the log any more; at most one of a cause. */
  stale: readonly StaleReason[]
  /** Events that a run was told to step over. */
  skipped: readonly SkippedEvent[]
}

export interface StaleReason {
  cause: 'backfill' | 'late-event' | 'skipped-event'
  /** For people. */
  message: string
}

export interface SkippedEvent {
  /** UUID in lower case. */
  id: string
  type: string
  position: bigint
}

/** Number of events and XOR of their ids in (after, upTo]. */
export interface LogTail {
  after: LogPoint
  upTo: LogPoint
  events: number
  idsXor: Uint8Array
}

export interface ReportLease {
  granted: true
  token: bigint
}
export interface ReportLeaseRefusal {
  granted: false
  owner: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

export interface StoredRow {
  /** Values of the columns that are no key, in their order; undefined: not set. */
  values: ColumnValue[]
  /** What it waits for; empty: it is shown. */
  waiting: readonly string[]
}

export interface ReportCommit extends ReportState {
  of: Generation
  token: bigint
  /** The checkpoint that the caller started from. */
  from: LogPoint | null
  checkpoint: LogPoint
  rows: readonly RowChange[]
  /** Of the memory. Its rows wait as others do, which tells what is not set from null; nobody is shown them. */
  memory: readonly RowChange[]
  /** No key of `rows` and `memory` is in the report yet: what the database has for that may be faster. */
  fresh?: boolean
  /** The lease runs on for so long. */
  ttlMs: number
}

/** What becomes of the row with this key; null: it is deleted. */
export interface RowChange {
  key: readonly ColumnValue[]
  row: StoredRow | null
}

export interface ReportQuery {
  /** All must hold. */
  where?: readonly ReportCondition[]
  /** Left out: by key. Unset values last; rows that are equal in it are ordered by key. */
  order?: readonly { column: string; descending?: boolean }[]
  limit?: number
  batchRows?: number
  /** Default: the one in use. */
  generation?: number
}

export interface ReportCondition {
  column: string
  comparison: '=' | '!=' | '<' | '<=' | '>' | '>='
  /** Of the column's type; null with `=` and `!=`: not set. */
  value: ColumnValue
}

export interface ReportRows {
  columns: readonly ReportColumn[]
  /** Values in the order of `columns`. */
  batches: AsyncIterable<ColumnValue[][]>
}
