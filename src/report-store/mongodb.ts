import type { Database } from '../event-store/mongodb/database.ts'
import { redactUrl } from '../text/redact.ts'
import { generationGone } from './generation-gone.ts'
import { allInUse, generationInUse, generationsOf } from './mongodb/catalogue.ts'
import { ReportConnection } from './mongodb/connection.ts'
import { dropGeneration, beginGeneration, openGeneration } from './mongodb/generations.ts'
import { acquireLease, releaseLease, renewLease } from './mongodb/leases.ts'
import { loadRows } from './mongodb/load.ts'
import { commitRows } from './mongodb/commit.ts'
import { CommitSessions, sessionId } from './mongodb/commit-sessions.ts'
import type { OnStep } from './mongodb/numbered-commit.ts'
import { readRows } from './mongodb/read.ts'
import { switchView } from './mongodb/switch.ts'
import { type ColumnValue, shownColumns } from './report-column.ts'
import { checkReportName, otherEventStore } from './report-name.ts'
import type {
  Generation,
  NewReport,
  ReportCommit,
  ReportLease,
  ReportLeaseRefusal,
  ReportPart,
  ReportQuery,
  ReportRows,
  ReportStatus,
  ReportStore,
  StoredRow,
} from './report-store.ts'

/**
 * The report store in a MongoDB database. On a replica set a commit is one transaction; on a standalone server it is
 * made in steps, so that those who query the view while one is under way may be shown a part of it.
 */
export class MongoReportStore implements ReportStore {
  readonly url: string
  readonly #connection: ReportConnection
  readonly #sessions = new CommitSessions()
  readonly #onStep: OnStep

  /** `onStep`: told of each step of a commit that is made in steps; for tests. */
  constructor(url: string, options: { onStep?: OnStep } = {}) {
    this.url = redactUrl(url)
    this.#connection = new ReportConnection(url)
    this.#onStep = options.onStep ?? (() => undefined)
  }

  async status(name: string): Promise<ReportStatus | null> {
    return this.#connection.read((database) => generationInUse(database, name))
  }

  async list(): Promise<ReportStatus[]> {
    return (await this.#connection.read(allInUse)) ?? []
  }

  async generations(name: string): Promise<ReportStatus[]> {
    return (await this.#connection.read((database) => generationsOf(database, name))) ?? []
  }

  async open(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    const found = await this.status(report.name)
    const status = found ?? (await this.#connection.write((database) => openGeneration(database, report)))
    if (status.eventStoreId !== report.eventStoreId) throw otherEventStore(status, this.url)
    return status
  }

  async begin(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    return this.#connection.write((database) => beginGeneration(database, report))
  }

  async switchTo(of: Generation, token: bigint): Promise<boolean> {
    return (await this.#connection.read((database) => switchView(database, of, token))) ?? false
  }

  async drop(of: Generation): Promise<void> {
    await this.#connection.read((database) => dropGeneration(database, of))
  }

  async acquire(
    of: Generation,
    owner: string,
    ttlMs: number,
    isGone: (owner: string) => boolean = () => false,
  ): Promise<ReportLease | ReportLeaseRefusal> {
    const answer = await this.#connection.read((database) =>
      this.#acquire(database, of, owner, ttlMs, isGone),
    )
    if (answer === null) throw generationGone(of, this.url)
    return answer
  }

  async renew(of: Generation, token: bigint, ttlMs: number): Promise<boolean> {
    return (await this.#connection.read((database) => renewLease(database, of, token, ttlMs))) ?? false
  }

  async release(of: Generation, token: bigint): Promise<void> {
    await this.#sessions.end(of, token)
    await this.#connection.read((database) => releaseLease(database, of, token))
  }

  async load(
    of: Generation,
    keys: readonly (readonly ColumnValue[])[],
    part: ReportPart = 'rows',
  ): Promise<(StoredRow | null)[]> {
    const load = async (database: Database): Promise<(StoredRow | null)[]> => {
      const rows = await loadRows(database, of, keys, part)
      if (rows === null) throw generationGone(of, this.url)
      return rows
    }
    return (await this.#connection.read(load)) ?? keys.map(() => null)
  }

  async commit(commit: ReportCommit): Promise<boolean> {
    const make = (database: Database) => commitRows(database, commit, this.#sessions, this.#onStep)
    return (await this.#connection.read(make)) ?? false
  }

  async read(name: string, query: ReportQuery = {}): Promise<ReportRows | null> {
    const { generation } = query
    const report = generation === undefined ? await this.status(name) : await this.#one({ name, generation })
    return report && { columns: shownColumns(report), batches: this.#batches(report, query) }
  }

  async close(): Promise<void> {
    await this.#sessions.close()
    await this.#connection.close()
  }

  async #acquire(
    database: Database,
    of: Generation,
    owner: string,
    ttlMs: number,
    isGone: (owner: string) => boolean,
  ): Promise<ReportLease | ReportLeaseRefusal | null> {
    const session = database.session()
    const answer = await acquireLease(database, of, owner, ttlMs, isGone, sessionId(session))
    if (answer?.granted === true) this.#sessions.keep(of, answer.token, session)
    else await session.endSession()
    return answer
  }

  /** Null: there is no report of this name at all. */
  async #one(of: Generation): Promise<ReportStatus | null> {
    const all = await this.generations(of.name)
    const found = all.find(({ generation }) => generation === of.generation)
    if (found === undefined && all.length > 0) throw generationGone(of, this.url)
    return found ?? null
  }

  async *#batches(report: ReportStatus, query: ReportQuery): AsyncGenerator<ColumnValue[][]> {
    const rows = await this.#connection.read(async (database) => readRows(database, report, query))
    try {
      yield* rows ?? []
    } catch (error) {
      throw this.#connection.explained(error)
    }
  }
}
