import { shownColumns, type ColumnValue, type ReportColumn } from '../report-store/report-column.ts'
import type { ReportStatus, ReportStore } from '../report-store/report-store.ts'
import { isSameValue } from './same-value.ts'

/** What people would see change, were the new generation shown. */
export interface ReportDiff {
  added: number
  removed: number
  changed: number
  same: number
  /** How many of the changed rows differ in it. */
  changedColumns: Record<string, number>
  /** Columns that only one of them has. */
  newColumns: string[]
  goneColumns: string[]
  /** The first of each kind. */
  samples: RowDifference[]
}

export interface RowDifference {
  kind: 'added' | 'removed' | 'changed'
  key: Record<string, ColumnValue>
  /** By column: before and after; of those that differ. */
  columns: Record<string, { before: ColumnValue; after: ColumnValue }>
}

const SAMPLES = 10

/** Row by row, by key; of each row only what both show. */
export async function diffGenerations(
  store: ReportStore,
  before: ReportStatus,
  after: ReportStatus,
): Promise<ReportDiff> {
  const [old, now] = [shownColumns(before), shownColumns(after)]
  const diff: ReportDiff = {
    added: 0,
    removed: 0,
    changed: 0,
    same: 0,
    changedColumns: {},
    newColumns: namesOf(now).filter((name) => !namesOf(old).includes(name)),
    goneColumns: namesOf(old).filter((name) => !namesOf(now).includes(name)),
    samples: [],
  }
  const sameKey = keyText(old) === keyText(now)
  for await (const rows of shownRows(store, after)) {
    const keys = rows.map((row) => row.slice(0, keyCount(now)))
    const found = sameKey ? await store.load(before, keys) : keys.map(() => null)
    rows.forEach((row, i) => {
      const was = found[i] ?? null
      if (was === null || was.waiting.length > 0) note(diff, 'added', row, now, {})
      else compare(diff, row, now, [...(keys[i] ?? []), ...was.values], before.columns)
    })
  }
  for await (const rows of shownRows(store, before)) {
    const keys = rows.map((row) => row.slice(0, keyCount(old)))
    const found = sameKey ? await store.load(after, keys) : keys.map(() => null)
    rows.forEach((row, i) => {
      const is = found[i] ?? null
      if (is === null || is.waiting.length > 0) note(diff, 'removed', row, old, {})
    })
  }
  return diff
}

function compare(
  diff: ReportDiff,
  row: readonly ColumnValue[],
  columns: readonly ReportColumn[],
  was: readonly ColumnValue[],
  wasColumns: readonly ReportColumn[],
): void {
  const differences: RowDifference['columns'] = {}
  columns.forEach(({ name }, i) => {
    const at = wasColumns.findIndex((column) => column.name === name)
    if (at < 0 || isSameValue(was[at], row[i])) return
    differences[name] = { before: was[at], after: row[i] }
    diff.changedColumns[name] = (diff.changedColumns[name] ?? 0) + 1
  })
  if (Object.keys(differences).length === 0) diff.same += 1
  else note(diff, 'changed', row, columns, differences)
}

function note(
  diff: ReportDiff,
  kind: RowDifference['kind'],
  row: readonly ColumnValue[],
  columns: readonly ReportColumn[],
  differences: RowDifference['columns'],
): void {
  diff[kind] += 1
  if (diff.samples.filter((sample) => sample.kind === kind).length === SAMPLES) return
  const key = Object.fromEntries(
    columns.flatMap(({ name, key: isKey }, i) => (isKey ? [[name, row[i]]] : [])),
  )
  diff.samples.push({ kind, key, columns: differences })
}

async function* shownRows(
  store: ReportStore,
  { name, generation }: ReportStatus,
): AsyncGenerator<ColumnValue[][]> {
  const found = await store.read(name, { generation })
  if (found !== null) yield* found.batches
}

const namesOf = (columns: readonly ReportColumn[]): string[] => columns.map(({ name }) => name)
const keyCount = (columns: readonly ReportColumn[]): number => columns.filter(({ key }) => key).length
const keyText = (columns: readonly ReportColumn[]): string =>
  columns
    .filter(({ key }) => key)
    .map(({ name, type }) => `${name} ${type}`)
    .join()
