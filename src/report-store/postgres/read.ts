import { shownColumns, type ColumnValue, type ReportColumn } from '../report-column.ts'
import type { ReportCondition, ReportQuery, ReportStatus } from '../report-store.ts'
import type { Ask } from './connection.ts'
import { WAITING } from './table.ts'
import { fromSql, quoted, selected, SQL_TYPES, toSql } from './values.ts'

const COMPARISONS = new Set(['=', '!=', '<', '<=', '>', '>='])

/** Rows of a report in batches, through a cursor. The caller keeps the snapshot. */
export async function* readRows(
  ask: Ask,
  report: ReportStatus,
  query: ReportQuery,
): AsyncGenerator<ColumnValue[][]> {
  const columns = shownColumns(report)
  const { sql, parameters } = selectRows(report, columns, query)
  await ask(`DECLARE demetra_rows NO SCROLL CURSOR FOR ${sql}`, parameters)
  const size = query.batchRows ?? 1000
  const fetch = async () => ask(`FETCH ${size} FROM demetra_rows`)
  for (let next = fetch(); ;) {
    const { rows } = await next
    const isLast = rows.length < size
    // the server looks for the next ones while these are read; what it answers then is told at the next turn
    if (!isLast) (next = fetch()).catch(() => undefined)
    if (rows.length > 0) {
      yield rows.map((row) => columns.map((column, i) => fromSql(column, row[i] ?? null, [])))
    }
    if (isLast) return
  }
}

function selectRows(
  report: ReportStatus,
  columns: readonly ReportColumn[],
  query: ReportQuery,
): { sql: string; parameters: string[] } {
  const byName = (name: string): ReportColumn => {
    const column = report.columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw new TypeError(`no column '${name}'`)
    return column
  }
  const parameters: string[] = []
  const conditions = (query.where ?? []).map((condition) =>
    conditionSql(byName(condition.column), condition, parameters),
  )
  const order = (query.order ?? []).map(
    ({ column, descending }) =>
      `${comparable(byName(column))}${descending === true ? ' DESC' : ''} NULLS LAST`,
  )
  const key = report.columns.filter((column) => column.key).map((column) => quoted(column.name))
  const sql = `SELECT ${columns.map((column) => selected(column, quoted(column.name))).join(', ')}
    FROM ${quoted(report.table)} WHERE ${[`${WAITING} IS NULL`, ...conditions].join(' AND ')}
    ORDER BY ${[...order, ...key].join(', ')}${query.limit === undefined ? '' : ` LIMIT ${query.limit}`}`
  return { sql, parameters }
}

function conditionSql(
  column: ReportColumn,
  { comparison, value }: ReportCondition,
  parameters: string[],
): string {
  if (!COMPARISONS.has(comparison)) throw new TypeError(`no comparison '${comparison}'`)
  if (value === null || value === undefined) {
    return `${quoted(column.name)} IS ${comparison === '!=' ? 'NOT ' : ''}NULL`
  }
  parameters.push(toSql(column, value) ?? '')
  const type = column.type === 'json' ? 'text' : SQL_TYPES[column.type]
  const given = `$${parameters.length}::${type}`
  // a value that is not set differs from every value
  return `${comparable(column)} ${comparison === '!=' ? 'IS DISTINCT FROM' : comparison} ${given}`
}

/** Nested values are compared by their text. */
function comparable(column: ReportColumn): string {
  const name = quoted(column.name)
  return column.type === 'json' ? `${name}::text COLLATE "C"` : name
}
