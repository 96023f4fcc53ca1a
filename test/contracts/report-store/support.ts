import type { ColumnValue, ReportColumn } from '../../../src/report-store/report-column.ts'
import type {
  NewReport,
  ReportCommit,
  ReportQuery,
  ReportStatus,
  ReportStore,
  RowChange,
  StoredRow,
} from '../../../src/report-store/report-store.ts'
import { expect } from 'vitest'

/** How the suite gets at an adapter. */
export interface ReportStoreHarness {
  /** Leases follow the clock that `open` is given; false: the server has its own. */
  givenClock: boolean
  /** What the database cannot hold. */
  cannotHold?: { nul?: true; datesBefore?: Date }
  /** A fresh, empty database: each test has its own. */
  create(): Promise<ReportDatabase>
}

export interface ReportDatabase {
  /** Two calls are two processes at this database. */
  open(now?: () => number): Promise<ReportStore>
  /** The columns of each index of a table, the primary key left out; without it the indexes are not tested. */
  indexes?(table: string): Promise<string[][]>
  /** What people are given who query the view with the database's own means, over a connection that is kept. */
  view?(view: string): Promise<Record<string, unknown>[]>
  /** Called once all stores are closed. */
  dispose(): Promise<void>
}

const column = (of: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  name: of,
  type: 'text',
  key: false,
  required: false,
  nullable: false,
  ...more,
})

export const COLUMNS: ReportColumn[] = [
  column('country', { key: true }),
  column('day', { key: true, type: 'date' }),
  column('landed', { type: 'timestamp', required: true }),
  column('count', { type: 'integer', initial: '0' }),
  column('amount', { type: 'decimal', scale: 4 }),
  column('ratio', { type: 'real' }),
  column('big', { type: 'bigint' }),
  column('paid', { type: 'boolean' }),
  column('note', { nullable: true, required: true }),
  column('tags', { type: 'json' }),
]
export const REPORT: NewReport = {
  name: 'sales-per-day',
  eventStoreId: 'store-1',
  version: 1,
  columns: COLUMNS,
  memory: null,
  hidden: [],
  indexes: [],
}
export const EMPTY: StoredRow = { values: COLUMNS.slice(2).map(() => undefined), waiting: ['landed', 'note'] }

export const point = (position: bigint, id = 1) => ({ position, id: new Uint8Array(16).fill(id) })

/** A row that is shown, with these columns set. */
export function row(values: Record<string, ColumnValue>): StoredRow {
  const all: Record<string, ColumnValue> = { landed: new Date(0), note: null, ...values }
  return { values: COLUMNS.slice(2).map(({ name }) => all[name]), waiting: [] }
}
export const change = (country: string, day: string, of: StoredRow | null): RowChange => ({
  key: [country, day],
  row: of,
})

export function commitOf(report: ReportStatus, token: bigint, more: Partial<ReportCommit>): ReportCommit {
  const { shown, waiting, backfill, tail, stale, skipped } = report
  const state = { shown, waiting, backfill, tail, stale, skipped }
  const from = report.checkpoint
  return {
    ...state,
    of: report,
    token,
    from,
    checkpoint: point(1n),
    rows: [],
    memory: [],
    ttlMs: 30_000,
    ...more,
  }
}

export async function read(store: ReportStore, query?: ReportQuery): Promise<ColumnValue[][]> {
  const found = await store.read(REPORT.name, query)
  const rows: ColumnValue[][] = []
  for await (const batch of found?.batches ?? []) rows.push(...batch)
  return rows
}

/** What the tests of a part get at an adapter by. */
export interface Suite {
  givenClock: boolean
  cannotHold: { nul?: true; datesBefore?: Date }
  /** Closed after the test. */
  open: (now?: () => number) => Promise<ReportStore>
  /** Null: the harness cannot tell. */
  indexes: (table: string) => Promise<string[][] | null>
  /** Null: the harness cannot query it. */
  view: (view: string) => Promise<Record<string, unknown>[] | null>
  /** The generation in use, with a lease and one commit at point(1n). */
  filled: (rows: RowChange[], more?: Partial<ReportCommit>, of?: NewReport) => Promise<Filled>
}

export interface Filled {
  store: ReportStore
  report: ReportStatus
  token: bigint
}

export function makeSuite(harness: ReportStoreHarness): Suite & { close(): Promise<void> } {
  let database: ReportDatabase | null = null
  const opened: ReportStore[] = []
  const open = async (now?: () => number): Promise<ReportStore> => {
    database ??= await harness.create()
    const store = await database.open(now)
    opened.push(store)
    return store
  }
  return {
    givenClock: harness.givenClock,
    cannotHold: harness.cannotHold ?? {},
    open,
    indexes: async (table) => (await database?.indexes?.(table)) ?? null,
    view: async (of) => (await database?.view?.(of)) ?? null,
    close: async () => {
      for (const store of opened.splice(0)) await store.close()
      await database?.dispose()
      database = null
    },
    filled: async (rows, more = {}, of = REPORT) => {
      const store = await open()
      return fill(store, await store.open(of), rows, more)
    },
  }
}

/** A generation besides the one in use, with a lease and one commit at point(1n). */
export async function begun(
  store: ReportStore,
  rows: RowChange[],
  more: Partial<ReportCommit> = {},
  of: NewReport = REPORT,
): Promise<Filled> {
  return fill(store, await store.begin(of), rows, more)
}

async function fill(
  store: ReportStore,
  report: ReportStatus,
  rows: RowChange[],
  more: Partial<ReportCommit>,
): Promise<Filled> {
  const lease = await store.acquire(report, 'me', 30_000)
  if (!lease.granted) throw new Error('no lease')
  expect(await store.commit(commitOf(report, lease.token, { rows, ...more }))).toBe(true)
  return { store, report, token: lease.token }
}
