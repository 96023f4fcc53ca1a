import type { Binary, Document, Long } from 'mongodb'
import type { ReportColumn } from '../report-column.ts'

/** A document for each generation; which one is in use is said by the view alone. */
export const REPORTS = 'demetra_reports'
/** A document for each report: the highest number, and the lock of whoever changes what the view shows. */
export const NUMBERS = 'demetra_report_numbers'
/** The format of all this. */
export const STORE = 'demetra_report_store'

/** What a row waits for; absent: it is shown. */
export const WAITING = 'demetra_waiting'
/** Columns whose nested values are kept as JSON text, since a document would not bring them back as they were. */
export const TEXT = 'demetra_text'
/** The number of the commit that wrote the row. */
export const COMMIT = 'demetra_commit'
/** The row before that commit; absent: there was none, or the commit was a transaction. */
export const BEFORE = 'demetra_before'
/** When a row was deleted that is kept hidden for a while. */
export const DELETED_AT = 'demetra_deleted_at'

export interface PointDocument {
  position: Long
  /** 16 bytes. */
  id: Binary
}

export interface TailDocument {
  after: PointDocument
  upTo: PointDocument
  events: number
  ids_xor: Binary
}

export interface StateDocument {
  checkpoint: PointDocument | null
  shown: number
  waiting: { column: string; rows: number }[]
  backfill: number
  tail: TailDocument | null
  stale: Document[]
  skipped: { id: string; type: string; position: Long }[]
}

/** What tells committed rows from those of a commit that was cut off; see numbered-commit.ts. */
export interface CommitMarks {
  /** The highest number that was given. */
  last_number: number
  /** The number of the last commit. */
  last_commit: number
  /** The number of the commit that is under way, or was cut off. */
  pending: number | null
  /** Numbers of commits that were cut off and never will be. */
  torn: { commit: number; at: Date }[]
}

export interface GenerationDocument extends StateDocument, CommitMarks {
  /** `generation name` */
  _id: string
  name: string
  generation: number
  collection: string
  view: string
  event_store: string
  version: number
  columns: ReportColumn[]
  memory: ReportColumn[] | null
  hidden: string[]
  indexes: string[][]
  updated_at: Date
  lease_owner: string | null
  lease_expires_at: Date | null
  lease_token: Long
  /** When the last number was taken. */
  claimed_at: Date | null
  /** Of the call that was given the lease. */
  lease_call: string | null
  /** In which its holder has transactions. */
  lease_session: Binary | null
  /** Of the call that began or made the last commit. */
  commit_call: string | null
}

export interface NumbersDocument {
  /** The report's name. */
  _id: string
  last_generation?: number
  lock?: string | null
  /** As lease owners are named. */
  locked_by?: string
  locked_until?: Date
}

export function generationId({ name, generation }: { name: string; generation: number }): string {
  return `${generation} ${name}`
}
