/**
 * The file's layout. Version 2, which has segments; 1 had none and is brought up. `PRAGMA user_version` says which one a
 * file has, `PRAGMA application_id` that it is a Demetra event store at all.
 *
 * `events` has a rowid of its own, so that a row is appended at the end of the table whatever its position:
 * an import in any order of time writes the table once, front to back. The order of the log is the index
 * `events_by_position`; the type stands in it as well, so that a scan by position steps over an unwanted
 * event without touching its row. Figures for this and the other layouts: bench/sqlite-append.ts.
 */
export const APPLICATION_ID = 0x44656d65
export const LAYOUT_VERSION = 2

/**
 * A first import of half a million events is a tenth faster than with 8 KiB; up to four million 4, 8 and 16 KiB
 * come out alike. The price: a commit writes whole pages, some 100 KB for a single event.
 */
export const PAGE_SIZE_BYTES = 16_384

/** Column order of `events` and of every INSERT. */
export const EVENT_COLUMNS =
  'position, id, service, type, created_at, received_at, aggregate_id, correlation_id, meta_extra, payload, digest'

interface SchemaPart {
  /** As in sqlite_schema. */
  name: string
  kind: 'table' | 'index'
  sql: string
}

const table = (name: string, body: string): SchemaPart => ({
  name,
  kind: 'table',
  sql: `CREATE TABLE IF NOT EXISTS ${name} ${body}`,
})
const index = (name: string, on: string, unique = false): SchemaPart => ({
  name,
  kind: 'index',
  sql: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${name} ON ${on}`,
})

/** Made by the first token where a file of before has none: a Demetra that knows nothing of tokens may go on with it. */
export const TOKENS: SchemaPart = table(
  'demetra_tokens',
  `(id TEXT PRIMARY KEY, hash BLOB NOT NULL, services TEXT NOT NULL, read INTEGER NOT NULL, note TEXT,
    created_at INTEGER NOT NULL, revoked_at INTEGER) STRICT`,
)

export const SCHEMA: readonly SchemaPart[] = [
  table(
    'events',
    `(position INTEGER NOT NULL, id BLOB NOT NULL, service TEXT NOT NULL, type TEXT NOT NULL,
      created_at INTEGER NOT NULL, received_at INTEGER NOT NULL, aggregate_id TEXT NOT NULL,
      correlation_id TEXT, meta_extra TEXT, payload TEXT NOT NULL, digest BLOB NOT NULL) STRICT`,
  ),
  index('events_by_id', 'events(id)', true),
  index('events_by_position', 'events(position, id, type)'),
  index('events_by_type', 'events(type, position, id)'),
  index('events_by_aggregate', 'events(aggregate_id, position)'),
  index('events_by_correlation', 'events(correlation_id, position) WHERE correlation_id IS NOT NULL'),
  table(
    'tombstones',
    `(id BLOB PRIMARY KEY, position INTEGER NOT NULL, digest BLOB NOT NULL, segment INTEGER NOT NULL)
      STRICT, WITHOUT ROWID`,
  ),
  // One row. highest: the highest position ever given, also where its event is archived by now.
  table(
    'demetra_store',
    `(one INTEGER PRIMARY KEY CHECK (one = 1), store_id TEXT NOT NULL, created_at INTEGER NOT NULL,
      highest INTEGER NOT NULL) STRICT`,
  ),
  // Counters, kept in the transaction of each append. day: of created_at, UTC, 2016-01-31.
  table('demetra_types', '(type TEXT PRIMARY KEY, events INTEGER NOT NULL) STRICT, WITHOUT ROWID'),
  table(
    'demetra_days',
    `(type TEXT NOT NULL, day TEXT NOT NULL, events INTEGER NOT NULL, PRIMARY KEY (type, day))
      STRICT, WITHOUT ROWID`,
  ),
  index('demetra_days_by_day', 'demetra_days(day, type, events)'),
  // Times are milliseconds since 1970 by this machine's clock. owner NULL: released; the token grows on.
  table(
    'demetra_leases',
    `(name TEXT PRIMARY KEY, owner TEXT, token INTEGER NOT NULL, expires_at INTEGER NOT NULL)
      STRICT, WITHOUT ROWID`,
  ),
  table(
    'demetra_imports',
    `(fingerprint TEXT PRIMARY KEY, source TEXT NOT NULL, import_id TEXT NOT NULL, status TEXT NOT NULL,
      state TEXT NOT NULL, started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, written INTEGER NOT NULL,
      duplicates INTEGER NOT NULL, conflicts INTEGER NOT NULL) STRICT`,
  ),
  table(
    'demetra_readers',
    `(report_store TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, read_to INTEGER NOT NULL,
      heard_at INTEGER NOT NULL, PRIMARY KEY (report_store, name, generation)) STRICT, WITHOUT ROWID`,
  ),
  table(
    'demetra_backfills',
    `(number INTEGER PRIMARY KEY AUTOINCREMENT, import_id TEXT NOT NULL, holds_from INTEGER NOT NULL,
      lowest INTEGER, running INTEGER NOT NULL, ttl_ms INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
  ),
  // One row.
  table('demetra_catalogue', '(one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT'),
  // key to digests_xor are NULL until it is committed. types: JSON, [{type, events}].
  table(
    'demetra_segments',
    `(number INTEGER PRIMARY KEY, state TEXT NOT NULL, first_position INTEGER NOT NULL, first_id BLOB NOT NULL,
      last_position INTEGER NOT NULL, last_id BLOB NOT NULL, events INTEGER NOT NULL, ids_xor BLOB NOT NULL,
      key TEXT, types TEXT, text_bytes INTEGER, gzip_bytes INTEGER, sha256 BLOB, digests_xor BLOB, reason TEXT,
      changed_at INTEGER NOT NULL) STRICT`,
  ),
  TOKENS,
]
