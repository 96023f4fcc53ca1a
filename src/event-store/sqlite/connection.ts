import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { DemetraError, EXIT } from '../../errors.ts'
import type { MissingStore } from '../event-store.ts'
import { notAStore } from './errors.ts'
import { APPLICATION_ID, LAYOUT_VERSION, PAGE_SIZE_BYTES, SCHEMA } from './schema.ts'

/** SQLite waits this long by itself, blocking the thread; who may wait longer tries again (retry-busy.ts). */
const BLOCKING_WAIT_MS = 5

/** The log of changes is folded into the file at this size: rarely, yet it never grows far beyond one batch. */
const CHECKPOINT_BYTES = 128 * 1024 * 1024

export interface ConnectionOptions {
  cacheBytes: number
  /** What becomes of a file that is not there. Default create. */
  missing?: MissingStore
  /** How long SQLite itself waits for another writer, blocking the thread. */
  blockingWaitMs?: number
}

/** One open file with its prepared statements. Integers come back as bigint, rows as arrays. */
export class Connection {
  readonly path: string
  readonly db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #created: string[] = []
  /** 0: none yet. An older one is brought up: later parts only add to it. */
  #layout = 0

  private constructor(path: string, db: DatabaseSync) {
    this.path = path
    this.db = db
  }

  /**
   * Opens the file, making it a store where it is empty or missing (in memory where a missing one is to read as
   * empty). Cheap where it is one: no write.
   *
   * @throws DemetraError for a missing folder, a file that is no event store, or one of a newer Demetra;
   * SQLite's own errors otherwise (errors.ts translates)
   */
  static open(path: string, options: ConnectionOptions): Connection {
    const { missing = 'create' } = options
    const isMissing = missing !== 'create' && !existsSync(path)
    if (isMissing && missing === 'refuse') throw storeMissing(path)
    if (!isMissing && !existsSync(dirname(path))) throw folderMissing(path)
    const db = new DatabaseSync(isMissing ? ':memory:' : path, {
      timeout: options.blockingWaitMs ?? BLOCKING_WAIT_MS,
    })
    try {
      const connection = new Connection(path, db)
      // Read before anything is set: a file that is not ours must stay as it is.
      const ours = connection.#isStore()
      // The page size counts only for a new file; journal_mode is kept in the file.
      if (!ours) db.exec(`PRAGMA page_size = ${PAGE_SIZE_BYTES}; PRAGMA journal_mode = WAL`)
      db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${Math.floor(options.cacheBytes / 1024)};
        PRAGMA wal_autocheckpoint = ${CHECKPOINT_BYTES / PAGE_SIZE_BYTES}`)
      if (connection.#layout < LAYOUT_VERSION) connection.#created = connection.createMissing()
      return connection
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** A statement, prepared once. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql, { readBigInts: true, returnArrays: true })
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** The first row, as an array typed by the caller's SELECT. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the SELECT says what a row is
  get<Row extends unknown[]>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...parameters) as unknown as Row | undefined
  }

  all<Row extends unknown[]>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...parameters) as unknown as Row[]
  }

  /** Rows changed. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...parameters).changes)
  }

  /** Creates what is missing of the schema, in one transaction. Returns what was made, as `table events`. */
  createMissing(): string[] {
    this.db.exec('BEGIN IMMEDIATE')
    try {
      const created = this.#missing().map((part) => {
        this.db.exec(part.sql)
        return `${part.kind} ${part.name}`
      })
      this.run(
        'INSERT INTO demetra_store VALUES (1, ?, ?, 0) ON CONFLICT DO NOTHING',
        randomUUID(),
        Date.now(),
      )
      this.run('INSERT INTO demetra_catalogue VALUES (1, 0) ON CONFLICT DO NOTHING')
      this.db.exec(
        `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT_VERSION}; COMMIT`,
      )
      return created
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
  }

  /** What opening made of a new file, told once. */
  takeCreated(): string[] {
    const created = this.#created
    this.#created = []
    return created
  }

  close(): void {
    this.db.close()
  }

  #missing(): typeof SCHEMA {
    const present = new Set(this.all<[string]>('SELECT name FROM sqlite_schema').map(([name]) => name))
    return SCHEMA.filter((part) => !present.has(part.name))
  }

  /** True: a store of our layout. False: an empty file. In one snapshot: another process may be making it. */
  #isStore(): boolean {
    this.db.exec('BEGIN')
    const [applicationId, version, parts] = this.get<[bigint, bigint, bigint]>(
      `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
       FROM pragma_application_id, pragma_user_version`,
    ) as [bigint, bigint, bigint]
    this.db.exec('COMMIT')
    if (applicationId === BigInt(APPLICATION_ID)) {
      if (version > LAYOUT_VERSION) throw newerLayout(this.path, Number(version))
      this.#layout = Number(version)
      return true
    }
    if (applicationId !== 0n || version !== 0n || parts !== 0n) {
      throw notAStore(this.path, 'it is an SQLite database of another program')
    }
    return false
  }
}

function storeMissing(path: string): DemetraError {
  return new DemetraError(`There is no event store ${path} yet`, {
    code: 'DEMETRA_STORE_MISSING',
    exitCode: EXIT.unreachable,
    hints: [
      'Import a dump, and it is made: `demetra import FILE`',
      'If it is elsewhere, say where: `demetra status --store sqlite:PATH`',
    ],
    context: { path },
  })
}

function folderMissing(path: string): DemetraError {
  return new DemetraError(`The event store ${path} cannot be opened: there is no folder ${dirname(path)}`, {
    code: 'DEMETRA_STORE_UNREACHABLE',
    exitCode: EXIT.unreachable,
    hints: [`\`mkdir -p '${dirname(path)}'\``],
    context: { path },
  })
}

function newerLayout(path: string, version: number): DemetraError {
  return new DemetraError(
    `The event store ${path} has layout ${version}, this Demetra knows up to ${LAYOUT_VERSION}`,
    {
      code: 'DEMETRA_STORE_NEWER',
      exitCode: EXIT.failed,
      hints: ['Use the newer Demetra that wrote it: `npm install demetra@latest`'],
      context: { path, found: version, known: LAYOUT_VERSION },
    },
  )
}
