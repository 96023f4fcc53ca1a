import { redactUrl } from '../text/redact.ts'
import { hasBookkeeping, statuses, statusInUse } from './postgres/bookkeeping.ts'
import { commitRows } from './postgres/commit.ts'
import { PostgresConnection, type Ask, type Waits } from './postgres/connection.ts'
import { explained } from './postgres/errors.ts'
import { beginGeneration, generationStatus, openGeneration } from './postgres/generations.ts'
import { acquireLease, releaseLease, renewLease } from './postgres/leases.ts'
import { PATIENCE_MS } from './postgres/patiently.ts'
import { readRows } from './postgres/read.ts'
import { isTableTrouble } from './postgres/table-trouble.ts'
import { dropPatiently, switchPatiently } from './postgres/switch.ts'
import { PostgresTables } from './postgres/tables.ts'
import { shownColumns, type ColumnValue } from './report-column.ts'
import { generationGone } from './generation-gone.ts'
import { checkReportName, otherEventStore } from './report-name.ts'
import { tableChanged } from './table-changed.ts'
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

const BY_NUMBER = 'WHERE name = $1 ORDER BY generation'

/** The report store in a PostgreSQL database, in the first schema of the user's search_path. */
export class PostgresReportStore implements ReportStore {
  readonly url: string
  readonly #connection: PostgresConnection
  readonly #patienceMs: number
  readonly #tables = new PostgresTables()
  #hasReports = false

  /** `patienceMs`: how long a switch tries while readers keep the view locked. */
  constructor(url: string, options: Waits & { patienceMs?: number } = {}) {
    this.url = redactUrl(url)
    this.#connection = new PostgresConnection(url, options)
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
  }

  async status(name: string): Promise<ReportStatus | null> {
    return this.#read((ask) => statusInUse(ask, name), null)
  }

  async list(): Promise<ReportStatus[]> {
    return this.#read((ask) => statuses(ask, 'WHERE in_use ORDER BY name'), [])
  }

  async generations(name: string): Promise<ReportStatus[]> {
    return this.#read((ask) => statuses(ask, BY_NUMBER, [name]), [])
  }

  async open(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    const found = await this.status(report.name)
    const make = () => this.#connection.write((ask) => openGeneration(ask, report, this.url))
    const status = found ?? (await this.#explain(() => this.#connection.again(make)))
    if (status.eventStoreId !== report.eventStoreId) throw otherEventStore(status, this.url)
    return status
  }

  async begin(report: NewReport): Promise<ReportStatus> {
    checkReportName(report.name)
    return this.#explain(() => this.#connection.write((ask) => beginGeneration(ask, report, this.url)))
  }

  async switchTo(of: Generation, token: bigint): Promise<boolean> {
    if ((await this.generations(of.name)).length === 0) return false
    const { url } = this
    return this.#explain(() => switchPatiently(this.#connection, of, token, url, this.#patienceMs), of)
  }

  async drop(of: Generation): Promise<void> {
    if ((await this.generations(of.name)).length === 0) return
    await this.#explain(() => dropPatiently(this.#connection, of, this.#patienceMs), of)
    this.#tables.forget(of)
  }

  async acquire(
    of: Generation,
    owner: string,
    ttlMs: number,
    isGone: (owner: string) => boolean = () => false,
  ): Promise<ReportLease | ReportLeaseRefusal> {
    const take = (ask: Ask) => acquireLease(ask, of, owner, ttlMs, isGone)
    const answer = await this.#explain(() => this.#connection.write(take), of)
    if (answer === null) throw generationGone(of, this.url)
    return answer
  }

  async renew(of: Generation, token: bigint, ttlMs: number): Promise<boolean> {
    return this.#write((ask) => renewLease(ask, of, token, ttlMs), false)
  }

  async release(of: Generation, token: bigint): Promise<void> {
    return this.#write((ask) => releaseLease(ask, of, token), undefined)
  }

  async load(
    of: Generation,
    keys: readonly (readonly ColumnValue[])[],
    part: ReportPart = 'rows',
  ): Promise<(StoredRow | null)[]> {
    const none = keys.map(() => null)
    const load = async (ask: Ask): Promise<(StoredRow | null)[]> => {
      const tables = await this.#tables.of(ask, of)
      if (tables === null) throw generationGone(of, this.url)
      return tables[part]?.load(ask, keys) ?? none
    }
    return this.#read(load, none, of)
  }

  async commit(commit: ReportCommit): Promise<boolean> {
    return this.#explain(() => commitRows(this.#connection, this.#tables, commit), commit.of)
  }

  async read(name: string, query: ReportQuery = {}): Promise<ReportRows | null> {
    const of = query.generation === undefined ? null : { name, generation: query.generation }
    const report = of === null ? await this.status(name) : await this.#generation(of)
    return report && { columns: shownColumns(report), batches: this.#batches(report, query) }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async *#batches(report: ReportStatus, query: ReportQuery): AsyncGenerator<ColumnValue[][]> {
    try {
      yield* this.#connection.snapshot((ask) => readRows(ask, report, query))
    } catch (error) {
      throw await this.#explained(error, report)
    }
  }

  /** Null: there is no report of this name at all. */
  async #generation(of: Generation): Promise<ReportStatus | null> {
    const all = await this.generations(of.name)
    const found = all.find(({ generation }) => generation === of.generation)
    if (found === undefined && all.length > 0) throw generationGone(of, this.url)
    return found ?? null
  }

  /** `none`: the answer where the database holds no reports. */
  async #read<Result>(work: (ask: Ask) => Promise<Result>, none: Result, of?: Generation): Promise<Result> {
    const read = async (ask: Ask): Promise<Result> => {
      this.#hasReports ||= await hasBookkeeping(ask)
      return this.#hasReports ? work(ask) : none
    }
    return this.#explain(() => this.#connection.read(read), of)
  }

  /** As `#read`, in a transaction; for what may be done twice. */
  async #write<Result>(work: (ask: Ask) => Promise<Result>, none: Result): Promise<Result> {
    await this.#read(async () => null, null)
    if (!this.#hasReports) return none
    return this.#explain(() => this.#connection.again(() => this.#connection.write(work)))
  }

  async #explain<Result>(work: () => Promise<Result>, of?: Generation): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw await this.#explained(error, of)
    }
  }

  /** `of`: whose tables were read or written. */
  async #explained(error: unknown, of: Generation | undefined): Promise<unknown> {
    if (of === undefined || !isTableTrouble(error)) return explained(error, this.url)
    const status = await this.#connection.read((ask) => generationStatus(ask, of)).catch(() => undefined)
    return status === null ? generationGone(of, this.url) : tableChanged(of, this.url, error.message, error)
  }
}
