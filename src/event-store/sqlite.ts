import type { LogPoint, NewEvent, StoredEvent } from '../event/event.ts'
import type { Catalogue } from './catalogue.ts'
import type {
  AppendOptions,
  AppendOutcome,
  AppendResult,
  BackfillRegister,
  EventCollection,
  EventStore,
  EventStoreCapabilities,
  ImportRegister,
  Leases,
  LogSummary,
  MissingStore,
  ReaderRegister,
  ReadOptions,
  SetupResult,
  StoreStatistics,
  TokenRegister,
} from './event-store.ts'
import { backfillsSince } from './sqlite/backfills.ts'
import { EventList } from './event-list.ts'
import { pause } from '../pause.ts'
import { redactUrl } from '../text/redact.ts'
import { SqliteCatalogue } from './sqlite/catalogue.ts'
import { Connection } from './sqlite/connection.ts'
import { readStatistics } from './sqlite/counters.ts'
import { readHighest, readStoreId } from './sqlite/store-row.ts'
import { listProgress, readProgress } from './sqlite/imports.ts'
import { KnownEvents } from './sqlite/known-events.ts'
import { leaseHolder, listLeases } from './sqlite/leases.ts'
import { readEvent, readHistory, readLog } from './sqlite/read.ts'
import { listReaders } from './sqlite/readers.ts'
import { retryBusy } from './sqlite/retry-busy.ts'
import { SCHEMA } from './sqlite/schema.ts'
import { summarise } from './sqlite/summary.ts'
import { findToken, listTokens } from './sqlite/tokens.ts'
import { Writer } from './sqlite/writer.ts'

const MIB = 1024 * 1024
/** How often a follower looks whether another process has written: a look is one small read. */
const NEWS_EVERY_MS = 100

export interface SqliteEventStoreOptions {
  /** What becomes of a file that is not there. Default create. */
  missing?: MissingStore
  /** UUID of a store that is created; default a new one. */
  storeId?: string | undefined
  /** Milliseconds since 1970. Default: this machine's clock, which is the store's clock. */
  now?: () => number
  /** How long a call waits for another process's transaction; then DEMETRA_STORE_BUSY. Default 30,000. */
  busyWaitMs?: number
  /** Page cache of the thread that writes large batches. Default 128 MiB; it grows only as it is needed. */
  writerCacheBytes?: number
  /** Page cache of everything else. Default 32 MiB. */
  readerCacheBytes?: number
}

/** The event store in one SQLite file. Opened, and made where it is missing, by the first call that needs it. */
export class SqliteEventStore implements EventStore {
  readonly url: string
  readonly capabilities: EventStoreCapabilities = {
    ordersAppends: true,
    appendsInFlight: 6,
    atomicProgress: true,
  }
  readonly leases: Leases
  readonly imports: ImportRegister
  readonly readers: ReaderRegister
  readonly backfills: BackfillRegister
  readonly catalogue: Catalogue
  readonly tokens: TokenRegister
  readonly #path: string
  readonly #missing: MissingStore
  readonly #newStoreId: string | undefined
  readonly #now: () => number
  readonly #busyWaitMs: number
  readonly #readerCacheBytes: number
  readonly #writer: Writer
  #opening: Promise<Connection> | null = null

  constructor(path: string, options: SqliteEventStoreOptions = {}) {
    this.url = redactUrl(`sqlite:${path}`)
    this.#path = path
    this.#missing = options.missing ?? 'create'
    this.#newStoreId = options.storeId
    this.#now = options.now ?? Date.now
    this.#busyWaitMs = options.busyWaitMs ?? 30_000
    this.#readerCacheBytes = options.readerCacheBytes ?? 32 * MIB
    const writerCacheBytes = options.writerCacheBytes ?? 128 * MIB
    const settings = { path, cacheBytes: writerCacheBytes, waitMs: this.#busyWaitMs }
    const writer = new Writer(settings, () => this.#connection(), this.#now)
    this.#writer = writer

    this.leases = {
      acquire: async (name, owner, ttlMs, isGone) => {
        const held = isGone && (await this.#read((connection) => leaseHolder(connection, name, this.#now())))
        const goneOwner = held && isGone(held.owner) ? held.owner : null
        return writer.run('acquireLease', { name, owner, ttlMs, goneOwner })
      },
      renew: (name, token, ttlMs) => writer.run('renewLease', { name, token, ttlMs }),
      release: (name, token) => writer.run('releaseLease', { name, token }),
      list: () => this.#read((connection) => listLeases(connection, this.#now())),
    }
    this.imports = {
      get: (fingerprint) => this.#read((connection) => readProgress(connection, fingerprint)),
      save: (progress) => writer.run('saveProgress', progress),
      forget: (fingerprint) => writer.run('forgetProgress', fingerprint),
      list: (limit) => this.#read((connection) => listProgress(connection, limit)),
    }
    this.readers = {
      advance: (reader) => writer.run('advanceReader', reader),
      list: () => this.#read(listReaders),
      drop: (reader) => writer.run('dropReader', reader),
    }
    this.backfills = {
      begin: (importId, ttlMs) => writer.run('beginBackfill', { importId, ttlMs }),
      end: (number) => writer.run('endBackfill', number),
      since: (number) => this.#read((connection) => backfillsSince(connection, number, this.#now())),
    }
    this.tokens = {
      add: (token) => writer.run('addToken', token),
      find: (id) => this.#read((connection) => findToken(connection, id)),
      list: () => this.#read(listTokens),
      revoke: (id) => writer.run('revokeToken', id),
    }
    this.catalogue = new SqliteCatalogue((step) => this.#read(step), writer)
  }

  storeId(): Promise<string> {
    return this.#read(readStoreId)
  }

  async setup(): Promise<SetupResult> {
    const connection = await this.#connection()
    const mended = await retryBusy(this.#path, this.#busyWaitMs, () => connection.createMissing())
    const created = [...connection.takeCreated(), ...mended]
    const all = SCHEMA.map((part) => `${part.kind} ${part.name}`)
    return { created, checked: all.filter((part) => !created.includes(part)) }
  }

  collect(): EventList {
    return new EventList()
  }

  append(events: readonly NewEvent[] | EventCollection, options: AppendOptions = {}): Promise<AppendResult> {
    return this.#writer.append(events instanceof EventList ? events.take() : (events as NewEvent[]), options)
  }

  lookup(events: readonly { id: Uint8Array; digest: Uint8Array }[]): Promise<AppendOutcome[]> {
    return this.#read((connection) => {
      const known = new KnownEvents(connection)
      return events.map((event) => known.look(event))
    })
  }

  get(id: Uint8Array): Promise<StoredEvent | null> {
    return this.#read((connection) => readEvent(connection, id))
  }

  read(options: ReadOptions = {}): AsyncIterable<StoredEvent[]> {
    return readLog((step) => this.#read(step), options)
  }

  history(of: { aggregateId: string } | { correlationId: string }): AsyncIterable<StoredEvent[]> {
    return readHistory((step) => this.#read(step), of)
  }

  summary(after: LogPoint, upTo: LogPoint): Promise<LogSummary> {
    return summarise((step) => this.#read(step), after, upTo)
  }

  /** There is one writer at a time, and it gives only positions above all given before. */
  stablePosition(): Promise<bigint> {
    return this.newestPosition()
  }

  newestPosition(): Promise<bigint> {
    return this.#read(readHighest)
  }

  statistics(): Promise<StoreStatistics> {
    return this.#read(readStatistics)
  }

  now(): Promise<number> {
    return Promise.resolve(this.#now())
  }

  async waitForNews(after: bigint, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const until = performance.now() + timeoutMs
    for (;;) {
      if (signal?.aborted === true) return false
      if ((await this.newestPosition()) > after) return true
      const leftMs = until - performance.now()
      if (leftMs <= 0) return false
      await pause(Math.min(leftMs, NEWS_EVERY_MS), signal)
    }
  }

  async close(): Promise<void> {
    await this.#writer.close()
    const opening = this.#opening
    this.#opening = null
    if (opening === null) return
    // A store that could not be opened has told so already.
    const connection = await opening.catch(() => null)
    connection?.close()
  }

  #connection(): Promise<Connection> {
    this.#opening ??= retryBusy(this.#path, this.#busyWaitMs, () =>
      Connection.open(this.#path, {
        cacheBytes: this.#readerCacheBytes,
        missing: this.#missing,
        storeId: this.#newStoreId,
      }),
    )
    return this.#opening
  }

  async #read<Result>(step: (connection: Connection) => Result): Promise<Result> {
    const connection = await this.#connection()
    return retryBusy(this.#path, this.#busyWaitMs, () => step(connection))
  }
}
