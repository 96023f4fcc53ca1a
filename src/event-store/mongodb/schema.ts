import type { Binary, Document, Long, Timestamp } from 'mongodb'
import type { SegmentState } from '../catalogue.ts'

/**
 * The database's layout, in `demetra_store`. Version 2, which has segments; 1 had none and is brought up.
 *
 * `events` holds the live events in the form that event-document.ts writes, and in the same collection the
 * tombstones of archived ones, `{_id, archived, digest, segment, append}`: one unique key for both. `append` stays, so
 * that a call whose answer was lost still finds what it has written. All indexes are partial
 * on the presence of `position`, so that a tombstone costs only its `_id`; a query has to name `position` to be
 * served by them.
 */
export const LAYOUT_VERSION = 2

export const EVENTS = 'events'

const LIVE = { position: { $exists: true } }

export interface IndexSpec {
  name: string
  key: Record<string, 1>
}

/** The order of the log; also covers `summary`, which needs no more than ids. */
export const BY_POSITION: IndexSpec = { name: 'events_by_position', key: { position: 1, _id: 1 } }
export const BY_TYPE: IndexSpec = { name: 'events_by_type', key: { 'meta.type': 1, position: 1, _id: 1 } }
export const BY_AGGREGATE: IndexSpec = {
  name: 'events_by_aggregate',
  key: { 'meta.aggregate_id': 1, position: 1 },
}
export const BY_CORRELATION: IndexSpec = {
  name: 'events_by_correlation',
  key: { 'meta.correlation_id': 1, position: 1 },
}
export const INDEXES: readonly IndexSpec[] = [BY_POSITION, BY_TYPE, BY_AGGREGATE, BY_CORRELATION]

export const indexDocument = ({ name, key }: IndexSpec): { name: string; key: Document } & Document => ({
  name,
  key,
  partialFilterExpression: LIVE,
})

/** Bookkeeping: small collections, read and written by `_id`. */
export const BOOKKEEPING = [
  'demetra_store',
  'demetra_leases',
  'demetra_imports',
  'demetra_readers',
  'demetra_backfills',
  'demetra_writers',
  'demetra_counts',
  'demetra_segments',
  'demetra_tokens',
] as const

/** `demetra_store`: one document of its own, the clock that readers stamp, and the number of writers given out. */
export interface StoreDocument {
  _id: 'store'
  store_id: string
  layout: number
  created_at: Date
}
export interface ClockDocument {
  _id: 'clock'
  /** Filled by the server each time the document is replaced. */
  at: Timestamp
}
export interface SequenceDocument {
  _id: 'writers'
  last: number
}

/** `demetra_writers`: what one writer (writers.ts) has counted, and the call that it is at. */
export interface WriterDocument {
  _id: number
  heard_at: Date
  counts: CountRow[]
  /** Of the call it is at; what it was at when it was killed is found again by these ids. */
  pending?: PendingCall
  /** Its counts are final and go over to `demetra_counts`. */
  frozen?: true
}
export interface PendingCall {
  /** Stands in each event that the call writes. */
  append: Long
  /** All ids of the call, 16 bytes each. */
  ids: Binary
  /** Types and days of the events, each pair once. */
  kinds?: { type: string; day: number }[]
  /** Place in `kinds` of each event, 4 bytes each: what was archived in the meantime is counted by it. */
  kind_of?: Binary
  import_id?: string
}
export interface CountRow {
  type: string
  year: number
  /** Events by day of `created_at`, in days since 1970. */
  days: Record<string, number>
}

/** `demetra_counts`: what writers that are gone have counted. */
export interface CountsDocument {
  /** The year first, so that a year's rows stand together. */
  _id: { year: number; type: string }
  events: number
  days: Record<string, number>
  /** First and last day, in days since 1970. */
  first: number
  last: number
  /** Writers whose counts are in here; the last few, for those that are just going over. */
  folded: number[]
}

/** `demetra_leases`: stays when it is released, without an owner, so that the token grows on. */
export interface LeaseDocument {
  _id: string
  owner: string | null
  token: Long
  expires_at: Date
  /** Of the call that it was granted to, which knows it again when its answer was lost. */
  granted_to: string
}

/**
 * The lease `archive` is the head of the catalogue too, so that whoever changes it has to have the lease in that very
 * moment. A change stands here first, whole, and then in `demetra_segments`.
 */
export interface CatalogueHead extends LeaseDocument {
  revision?: number
  /** Number of changes. */
  changes?: number
  /** The last one; it may not be in `demetra_segments` yet. */
  change?: { by: string; segment: SegmentDocument }
  /** The highest position of any segment. */
  highest?: Timestamp
  last_number?: number
}

/** `demetra_segments`, by number. */
export interface SegmentDocument {
  _id: number
  /** Number of the change that it is of. */
  change: number
  state: SegmentState
  first: PointDocument
  last: PointDocument
  events: number
  ids_xor: Binary
  content: {
    key: string
    types: { type: string; events: number }[]
    text_bytes: number
    gzip_bytes: number
    sha256: Binary
    digests_xor: Binary
  } | null
  reason: string | null
  changed_at: Date
}
export interface PointDocument {
  position: Timestamp
  id: Binary
}

/** `demetra_tokens`: made by the first one where a store of before has none; no layout of its own. */
export interface TokenDocument {
  _id: string
  hash: Binary
  services: string[]
  read: boolean
  note: string | null
  created_at: Date
  revoked_at: Date | null
}

/** `demetra_imports`, by fingerprint. */
export interface ImportDocument {
  _id: string
  source: string
  import_id: string
  status: 'running' | 'finished'
  state: string
  started_at: Date
  updated_at: Date
  written: number
  duplicates: number
  conflicts: number
  /** By number of writer: the last of its calls that is in the sums. */
  accounted: Record<string, number>
  /** Calls of killed writers: their events are there, in no sum. */
  unsaved: Long[]
  /** The last few calls that saved here, which know themselves again when their answer was lost. */
  saved_by: string[]
}

/** `demetra_readers`. */
export interface ReaderDocument {
  _id: { report_store: string; name: string; generation: number }
  read_to: Timestamp
  /** How far it would like to read, until it has looked at the backfills. */
  wants: Timestamp | null
  wanted_by: string
  heard_at: Date
}

/** `demetra_backfills`, by number. */
export interface BackfillDocument {
  _id: number
  import_id: string
  /** null: its owner has not looked at the readers yet. */
  holds_from: Timestamp | null
  lowest: Timestamp | null
  running: boolean
  ttl_ms: number
  expires_at: Date
  /** Of the call that began it, which knows it again when its answer was lost. */
  begun_by: string
}
