import type { LogPoint, NewEvent, StoredEvent } from '../event/event.ts'
import type { Catalogue } from './catalogue.ts'

/**
 * Port: the database that holds the live events. Adapters: sqlite.ts, mongodb.ts. The contract
 * suite test/contracts/event-store.contract.ts holds every adapter to the guarantees written here.
 *
 * 1. `append` stores each event at most once, ever. An id that is already there, live or archived, is told
 *    as duplicate (same digest) or conflict (another digest), and what is stored stays as it is.
 * 2. When `append` resolves, what it says was written survives `kill -9` and, where the store can promise
 *    it, power loss.
 * 3. The events of one call keep their order; so do the calls where `capabilities.ordersAppends` holds. What a
 *    call that was killed has stored is how its events begin, or of each aggregate where `order` says so.
 * 4. No event ever appears at or below a position that `stablePosition` has told, but for backfills, which
 *    `readers` and `backfills` keep apart.
 * 5. `read` gives log order, (position, id), in bounded memory and by an index, also for a thousand types.
 * 6. Leases have an owner, an expiry by the store's clock and a fencing token that grows at every take-over.
 * 7. The store has an id of its own, made when it is set up, that never changes.
 *
 * Errors: DemetraError. Unreachable store: exit 10. Busy or a clock that stepped back: exit 5.
 * A file or database that is not ours, or of a newer Demetra: exit 1 with what was found.
 */
export interface EventStore {
  /** As given, secrets left out. */
  readonly url: string
  readonly capabilities: EventStoreCapabilities
  readonly leases: Leases
  readonly imports: ImportRegister
  readonly readers: ReaderRegister
  readonly backfills: BackfillRegister
  readonly catalogue: Catalogue
  readonly tokens: TokenRegister

  /** UUID of this store. */
  storeId(): Promise<string>
  /** Creates what is missing and checks what is there; safe to repeat. Every other call does it when needed. */
  setup(): Promise<SetupResult>

  /** An empty collection, for many events that one `append` is to store. */
  collect(): EventCollection
  append(events: readonly NewEvent[] | EventCollection, options?: AppendOptions): Promise<AppendResult>
  /** `new`, `duplicate` or `conflict` for each event alone, from the store as it stands; writes nothing. */
  lookup(events: readonly { id: Uint8Array; digest: Uint8Array }[]): Promise<AppendOutcome[]>

  get(id: Uint8Array): Promise<StoredEvent | null>
  /** Live events in log order, in batches. What becomes a tombstone meanwhile may be missing: catalogue.ts, 4. */
  read(options?: ReadOptions): AsyncIterable<StoredEvent[]>
  /** All live events of an aggregate, or of a correlation, in log order, in batches. */
  history(of: { aggregateId: string } | { correlationId: string }): AsyncIterable<StoredEvent[]>
  /**
   * Number of live events and XOR of their ids in (after, upTo], from the index alone. Archived ones are the event log's
   * to count: where a segment of the catalogue reaches into the range, this alone is not the whole.
   */
  summary(after: LogPoint, upTo: LogPoint): Promise<LogSummary>

  /** The newest position that a reader may read; 0n for an empty store. */
  stablePosition(): Promise<bigint>
  /** The highest position ever given, live or archived; 0n for an empty store. */
  newestPosition(): Promise<bigint>
  /** Counts per type and day of all events, live and archived, from counters kept with the data: nothing is scanned. */
  statistics(): Promise<StoreStatistics>
  /** Milliseconds since 1970 by the store's clock. */
  now(): Promise<number>
  /**
   * Waits until an event may stand above position `after`: true. False: nothing came for `timeoutMs`, or `signal`
   * was aborted. What it tells of need not be stable yet.
   */
  waitForNews(after: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean>

  close(): Promise<void>
}

/**
 * What becomes of a store that is not there yet: it is created; it reads as an empty one, and nothing is
 * written; or it is refused (DEMETRA_STORE_MISSING, exit 10), so that a mistyped name is told.
 */
export type MissingStore = 'create' | 'empty' | 'refuse'

export interface EventStoreCapabilities {
  /** Several `append` calls in flight keep their order, also where the store gives the positions. */
  readonly ordersAppends: boolean
  /** How many appends of one import may be in flight: it is as fast with so many, and keeps its order. */
  readonly appendsInFlight: number
  /**
   * Import progress is committed in the same transaction as the events. Where it is not, an import saves its
   * beginning before the first event, so that its next run knows what this one has stored.
   */
  readonly atomicProgress: boolean
}

/**
 * Events in the form in which the store takes them: an event that was added may be let go at once, so that few objects
 * live long. For one `append` of the store that made it.
 */
export interface EventCollection {
  readonly length: number
  /** Throws EventError where the store cannot hold the event; it is not added then. */
  add(event: NewEvent): void
  /** 16 bytes. Also after the append. */
  id(index: number): Uint8Array
}

export type AppendOutcome = 'written' | 'duplicate' | 'conflict' | 'new'

export interface AppendOptions {
  /**
   * `aggregate`: only the events of one aggregate have to keep their order, within the call and over the calls that
   * say so; a store with several writers is faster then. Default `call`.
   */
  order?: 'call' | 'aggregate'
  /** Saved together with the events, or after them where `capabilities.atomicProgress` does not hold. */
  progress?: ImportProgress
  /**
   * The `state` that `progress` goes on from, null for the first append of its `importId`: where the store has
   * another, an append before this one failed or another run took over, and the call is refused
   * (DEMETRA_IMPORT_OUT_OF_STEP, exit 11; nothing is stored where `atomicProgress` holds). So progress is never
   * ahead of the events.
   */
  follows?: string | null
  /**
   * The backfill that these events belong to: their positions are given, and its `lowest` is kept. A new event at
   * or below where a reader has read is refused with the whole call (DEMETRA_BACKFILL_BELOW_READERS, exit 1,
   * naming the reports) unless `staleReports` is set; duplicates change nothing and are never refused. Prolongs
   * the backfill; one that has ended or run out stays so: DEMETRA_BACKFILL_OVER, exit 5, nothing is stored.
   */
  backfill?: BackfillHandle
}

export interface AppendResult {
  written: number
  duplicates: number
  conflicts: number
  /**
   * Found stored by this same import (`progress`), in a call that was cut off before its progress was saved. Always
   * 0 where `atomicProgress` holds.
   */
  skipped: number
  /** Indexes into the call's events. */
  duplicateIndexes: number[]
  conflictIndexes: number[]
}

export interface ReadOptions {
  /** Exclusive. */
  after?: LogPoint
  /** Inclusive, whole position. */
  upTo?: bigint
  /** Left out: all types. */
  types?: readonly string[]
  /** Events in a batch; default 1,000. */
  batchEvents?: number
}

export interface LogSummary {
  events: number
  /** 16 bytes. */
  idsXor: Uint8Array
}

export interface StoreStatistics {
  events: number
  types: { type: string; events: number; firstDay: string; lastDay: string }[]
  /** By UTC day of `created_at`, newest first; the newest thousand. */
  days: { day: string; type: string; events: number }[]
  sizeBytes: number
}

export interface SetupResult {
  /** What was made now; empty where all was there. */
  created: string[]
  checked: string[]
}

/** A lease: a lock that runs out by the store's clock if its owner is gone. */
export interface Leases {
  /**
   * Takes the lease, or tells who has it. The token grows with every take-over. `isGone` may say of an owner
   * that it runs no more (its process on this machine has ended): its lease counts as run out.
   */
  acquire(
    name: string,
    owner: string,
    ttlMs: number,
    isGone?: (owner: string) => boolean,
  ): Promise<LeaseGrant | LeaseRefusal>
  /** False: it was lost in the meantime, released or taken over. One that ran out unnoticed goes on. */
  renew(name: string, token: bigint, ttlMs: number): Promise<boolean>
  release(name: string, token: bigint): Promise<void>
  list(): Promise<{ name: string; owner: string; expiresAt: number }[]>
}
export interface LeaseGrant {
  granted: true
  token: bigint
}
export interface LeaseRefusal {
  granted: false
  owner: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Where an import stands; small, saved with every batch. `state` is the import's own JSON text. */
export interface ImportProgress {
  /** Of the source and the mapping: what a later run is recognised by. */
  fingerprint: string
  source: string
  /** UUID of the import, kept over resumes. */
  importId: string
  status: 'running' | 'finished'
  state: string
}
/**
 * The sums count what the appends of this `importId` did, over all its runs: kept by the store itself. What a later
 * run skipped was written by an earlier one and counts as written.
 */
export interface StoredImportProgress extends ImportProgress {
  startedAt: number
  updatedAt: number
  written: number
  duplicates: number
  conflicts: number
}
export interface ImportRegister {
  get(fingerprint: string): Promise<StoredImportProgress | null>
  /** Without events; the sums stay as they are. Another `importId` under the same fingerprint begins anew. */
  save(progress: ImportProgress): Promise<void>
  forget(fingerprint: string): Promise<void>
  /** Newest first. */
  list(limit: number): Promise<StoredImportProgress[]>
}

/** A report generation that reads the log. Written before a slice is read, so that backfills see it. */
export interface Reader {
  /** Report store (secrets left out), projection name, generation. */
  reportStore: string
  name: string
  generation: number
  /** Everything up to here has been or is being read. */
  readTo: bigint
}
export interface ReaderRegister {
  /**
   * Registers that `reader` is about to read up to `readTo`, and tells how far it may: below a running
   * backfill. One atomic step together with `backfills.begin` and every backfilled append. What is registered
   * never goes back.
   */
  advance(reader: Reader): Promise<{ mayReadTo: bigint }>
  list(): Promise<(Reader & { heardAt: number })[]>
  drop(reader: Pick<Reader, 'reportStore' | 'name' | 'generation'>): Promise<void>
}

/**
 * An import whose events stand where they happened. While it runs, readers stay at or below `holdsFrom`
 * (where the foremost of them stood when it began, so that all above is free for it); it runs out by the
 * store's clock if its owner is gone. `lowest` is the lowest position that it has written.
 */
export interface Backfill {
  /** 1, 2, 3 … in the order in which they began. */
  number: number
  importId: string
  holdsFrom: bigint
  lowest: bigint | null
  running: boolean
}
export interface BackfillHandle {
  number: number
  /** Marks reports stale instead of refusing an event that stands below where a reader has read. */
  staleReports: boolean
}
export interface BackfillRegister {
  /**
   * Begins the backfill of an import, under a new number also where the import is a resumed one: readers may
   * have moved on in between. It runs out after `ttlMs` without an append.
   */
  begin(importId: string, ttlMs: number): Promise<Backfill>
  /** It is over; readers go on. */
  end(number: number): Promise<void>
  /** Those numbered above `number`. A running one may still go lower: no checkpoint counts it as known yet. */
  since(number: number): Promise<Backfill[]>
}

/** What lets a producer send, or a person read, over HTTP. Its secret is known to nobody but its holder. */
export interface StoredToken {
  /** Public and short: the name under which it is listed and revoked. */
  id: string
  /** SHA-256 of the secret, 32 bytes. */
  hash: Uint8Array
  /** The services whose events it may send. */
  services: string[]
  /** Opens everything that is read, of all services. */
  read: boolean
  note: string | null
  /** Milliseconds since 1970 by the store's clock, like `revokedAt`. */
  createdAt: number
  /** null: it is good. */
  revokedAt: number | null
}
export type NewToken = Omit<StoredToken, 'createdAt' | 'revokedAt'>

/** Tokens are kept with the events, so that all instances of a service share them, and for ever: an id is given once. */
export interface TokenRegister {
  /**
   * When it resolves, every `find` that begins after it, from whichever process, sees the token. Safe to repeat with
   * the same token; another under the same id is refused (DEMETRA_TOKEN_EXISTS, exit 1) and changes nothing.
   */
  add(token: NewToken): Promise<void>
  /** One look-up by key, also of revoked ones; null: there is none such. */
  find(id: string): Promise<StoredToken | null>
  /** Also revoked ones, the oldest first. */
  list(): Promise<StoredToken[]>
  /**
   * When it resolves, every `find` that begins after it tells so. The time of the first call stays. False: there is
   * none such.
   */
  revoke(id: string): Promise<boolean>
}
