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

/** How the suite gets at an adapter. Two calls of `open` are two processes at one database. */
export interface ReportStoreHarness {
  open(now?: () => number): Promise<ReportStore>
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
  return { ...state, of: report, token, from, checkpoint: point(1n), rows: [], ttlMs: 30_000, ...more }
}

export async function read(store: ReportStore, query?: ReportQuery): Promise<ColumnValue[][]> {
  const found = await store.read(REPORT.name, query)
  const rows: ColumnValue[][] = []
  for await (const batch of found?.batches ?? []) rows.push(...batch)
  return rows
}
/** What the tests of a part get at an adapter by. */
export interface Suite {
  /** Closed after the test. */
  open: (now?: () => number) => Promise<ReportStore>
  /** A report with a lease and one commit at point(1n). */
  filled: (
    rows: RowChange[],
    more?: Partial<ReportCommit>,
  ) => Promise<{ store: ReportStore; report: ReportStatus; token: bigint }>
}

export function makeSuite(harness: ReportStoreHarness): Suite & { close(): Promise<void> } {
  const opened: ReportStore[] = []
  const open = async (now?: () => number): Promise<ReportStore> => {
    const store = await harness.open(now)
    opened.push(store)
    return store
  }
  return {
    open,
    close: async () => {
      for (const store of opened.splice(0)) await store.close()
    },
    filled: async (rows, more = {}) => {
      const store = await open()
      const report = await store.open(REPORT)
      const lease = await store.acquire(report, 'me', 30_000)
      if (!lease.granted) throw new Error('no lease')
      expect(await store.commit(commitOf(report, lease.token, { rows, ...more }))).toBe(true)
      return { store, report, token: lease.token }
    },
  }
}
