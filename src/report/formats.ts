import { Table, type TableOptions } from '../cli/table.ts'
import type { ColumnValue, ReportColumn } from '../report-store/report-column.ts'
import { csvCell, isNumeric, jsonCell, tableCell } from './cell.ts'

export const REPORT_FORMATS = ['table', 'csv', 'json', 'ndjson'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** Text of a report, piece by piece: `rows` is called for each batch, `end` after the last. */
export interface ReportFormatter {
  rows(batch: readonly ColumnValue[][]): string
  end(): string
}

export function reportFormatter(
  format: ReportFormat,
  columns: readonly ReportColumn[],
  options: TableOptions,
): ReportFormatter {
  switch (format) {
    case 'table':
      return tableFormatter(columns, options)
    case 'csv':
      return csvFormatter(columns)
    case 'json':
      return jsonFormatter(columns)
    case 'ndjson':
      return { rows: (batch) => batch.map((row) => `${rowJson(columns, row)}\n`).join(''), end: () => '' }
  }
}

/** A row as an object, in the order of the columns. */
export function rowObject(
  columns: readonly ReportColumn[],
  row: readonly ColumnValue[],
): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name }, index) => [name, jsonCell(row[index])]))
}

function rowJson(columns: readonly ReportColumn[], row: readonly ColumnValue[]): string {
  return JSON.stringify(rowObject(columns, row))
}

/** Widths come from the first batch. */
function tableFormatter(columns: readonly ReportColumn[], options: TableOptions): ReportFormatter {
  const cells = (row: readonly ColumnValue[]): string[] =>
    columns.map(({ type }, index) => tableCell(row[index], type))
  const make = (sample: string[][]): Table =>
    new Table(
      columns.map(({ name, type }) => ({ header: name, align: isNumeric(type) ? 'right' : 'left' })),
      sample,
      options,
    )
  let table: Table | undefined
  return {
    rows: (batch) => {
      const lines = batch.map(cells)
      const head = table === undefined
      table ??= make(lines)
      const shaped = table
      return (head ? shaped.head() : '') + lines.map((line) => shaped.line(line)).join('')
    },
    end: () => (table === undefined ? make([]).head() : ''),
  }
}

/** RFC 4180, with a header and line feeds. */
function csvFormatter(columns: readonly ReportColumn[]): ReportFormatter {
  const header = csvLine(columns.map(({ name }) => name))
  let begun = false
  const begin = (): string => {
    const text = begun ? '' : header
    begun = true
    return text
  }
  return {
    rows: (batch) =>
      begin() + batch.map((row) => csvLine(columns.map(({ type }, at) => csvCell(row[at], type)))).join(''),
    end: begin,
  }
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}

/** One array, a row a line. */
function jsonFormatter(columns: readonly ReportColumn[]): ReportFormatter {
  let count = 0
  return {
    rows: (batch) => batch.map((row) => (count++ === 0 ? '[\n' : ',\n') + rowJson(columns, row)).join(''),
    end: () => (count === 0 ? '[]\n' : '\n]\n'),
  }
}
