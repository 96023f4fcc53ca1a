import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { shownColumns, type ColumnValue, type ReportColumn } from './report-column.ts'
import type { ReportCondition, ReportQuery, ReportStatus } from './report-store.ts'
import { decimalSortKey } from './decimal-sort-key.ts'
import { WAITING } from './sqlite-table.ts'
import { fromSql, quoted, toSql, type SqlValue } from './sqlite-values.ts'

const COMPARISONS = new Set(['=', '!=', '<', '<=', '>', '>='])

/** The function that makes decimals, kept as text, comparable. */
export function addFunctions(database: DatabaseSync): void {
  database.function('demetra_decimal', { deterministic: true }, (text) =>
    typeof text === 'string' ? decimalSortKey(text) : null,
  )
}

/** Rows of a report in batches. The caller keeps the snapshot. A table or column that is not there is told at once. */
export function readRows(
  database: DatabaseSync,
  report: ReportStatus,
  query: ReportQuery,
): Iterable<ColumnValue[][]> {
  const columns = shownColumns(report)
  const byName = (name: string): ReportColumn => {
    const column = columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw new TypeError(`no column '${name}'`)
    return column
  }
  const parameters: SQLInputValue[] = []
  const conditions = (query.where ?? []).map((condition) => {
    const column = byName(condition.column)
    return conditionSql(column, condition, parameters)
  })
  const order = (query.order ?? []).map(({ column, descending }) => {
    const sql = comparable(byName(column))
    return `${quoted(column)} IS NULL, ${sql}${descending === true ? ' DESC' : ''}`
  })
  const key = report.columns.filter((column) => column.key).map((column) => quoted(column.name))
  const text = `SELECT ${columns.map((column) => quoted(column.name)).join(', ')} FROM ${quoted(report.table)}
    WHERE ${[`${WAITING} IS NULL`, ...conditions].join(' AND ')}
    ORDER BY ${[...order, ...key].join(', ')} LIMIT ${query.limit ?? -1}`
  const statement = database.prepare(text)
  statement.setReturnArrays(true)
  statement.setReadBigInts(columns.some((column) => column.type === 'bigint'))

  const rows = statement.iterate(...parameters) as unknown as Iterable<SqlValue[]>
  return inBatches(rows, columns, query.batchRows ?? 1000)
}

function* inBatches(
  rows: Iterable<SqlValue[]>,
  columns: readonly ReportColumn[],
  size: number,
): Generator<ColumnValue[][]> {
  let batch: ColumnValue[][] = []
  for (const row of rows) {
    batch.push(columns.map((column, i) => fromSql(column, row[i] as SqlValue, [])))
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function conditionSql(column: ReportColumn, condition: ReportCondition, parameters: SQLInputValue[]): string {
  const { comparison, value } = condition
  if (!COMPARISONS.has(comparison)) throw new TypeError(`no comparison '${comparison}'`)
  if (value === null || value === undefined) {
    return `${quoted(column.name)} IS ${comparison === '!=' ? 'NOT ' : ''}NULL`
  }
  parameters.push(toSql(column, value))
  const given = column.type === 'decimal' ? 'demetra_decimal(?)' : '?'
  // a value that is not set differs from every value
  if (comparison === '!=') return `${comparable(column)} IS NOT ${given}`
  return `${comparable(column)} ${comparison} ${given}`
}

function comparable(column: ReportColumn): string {
  return column.type === 'decimal' ? `demetra_decimal(${quoted(column.name)})` : quoted(column.name)
}
