/**
 * A column of a report, as every report store understands it. Values in code: `text`, `decimal` and `date`
 * string, `integer` and `real` number, `bigint` bigint, `boolean` boolean, `timestamp` Date, `json` what
 * JSON.parse gives.
 */
export interface ReportColumn {
  readonly name: string
  readonly type: ColumnType
  /** Of the primary key. */
  readonly key: boolean
  /** A row without it is not shown. */
  readonly required: boolean
  /** null is a value of its own; in other columns a database's NULL says that the column is not set. */
  readonly nullable: boolean
  /** Digits after the point; of decimals only. */
  readonly scale?: number
  /** What a fresh row starts with, as JSON text; for the comparison of shapes only. */
  readonly initial?: string
}

export type ColumnType =
  'text' | 'integer' | 'bigint' | 'real' | 'boolean' | 'timestamp' | 'date' | 'decimal' | 'json'

/** undefined: not set. */
export type ColumnValue = unknown

/** What people see of a report. */
export function shownColumns(report: {
  readonly columns: readonly ReportColumn[]
  readonly hidden: readonly string[]
}): ReportColumn[] {
  return report.columns.filter(({ name }) => !report.hidden.includes(name))
}
