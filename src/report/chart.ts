import type { ColumnValue, ReportColumn } from '../report-store/report-column.ts'
import type { Bar } from './bars.ts'
import { csvCell, isNumeric } from './cell.ts'
import { NumberBars } from './number-bars.ts'
import { findColumn } from './query.ts'
import { TimeBars } from './time-bars.ts'
import { CategoryBars } from './category-bars.ts'

export interface Chart {
  /** What the chart shows, `rows per month of landed_at`. */
  title: string
  bars: Bar[]
}

/** Takes the rows of a report, one at a time, and makes a chart of them in the end. */
export interface ChartMaker {
  add(row: readonly ColumnValue[]): void
  chart(): Chart
}

/**
 * `COLUMN` or `COLUMN:SUMMED`, or nothing for the first column that suits. A column of times counts rows per hour,
 * day, month or year, as the span asks for; one of texts counts rows per value; one of numbers shows each row's
 * number, or how the numbers spread where there are many. With SUMMED, that column is summed up instead of counting.
 */
export function chartMaker(wanted: string, columns: readonly ReportColumn[]): ChartMaker {
  const [name = '', summedName] = wanted.split(':')
  const column = name === '' ? firstSuitable(columns) : findColumn(name, columns, '--chart')
  const summed = summedName === undefined ? null : findColumn(summedName, columns, '--chart')
  const at = columns.indexOf(column)
  const summedAt = summed === null ? -1 : columns.indexOf(summed)
  const amount = (row: readonly ColumnValue[]): number => (summed === null ? 1 : Number(row[summedAt] ?? 0))
  const what = summed === null ? 'rows' : `sum of ${summed.name}`

  if (column.type === 'timestamp' || column.type === 'date') {
    const times = new TimeBars()
    return {
      add: (row) => {
        const cell = csvCell(row[at], column.type)
        if (cell !== '') times.add(cell, amount(row))
      },
      chart: () => {
        const { per, bars } = times.bars(column.type === 'date' ? 'day' : 'hour')
        return { title: `${what} per ${per} of ${column.name}`, bars }
      },
    }
  }
  if (isNumeric(column.type) && summed === null && !column.key) {
    const numbers = new NumberBars()
    const keys = columns.flatMap(({ key, type }, index) => (key ? [{ type, index }] : []))
    return {
      add: (row) => {
        const label = keys.map(({ type, index }) => csvCell(row[index], type)).join(' ')
        if (row[at] !== null && row[at] !== undefined) numbers.add(label, Number(row[at]))
      },
      chart: () => {
        const { spread, bars } = numbers.bars()
        return { title: spread ? `rows by ${column.name}` : `${column.name} of each row`, bars }
      },
    }
  }
  const categories = new CategoryBars()
  return {
    add: (row) => categories.add(csvCell(row[at], column.type), amount(row)),
    chart: () => ({ title: `${what} by ${column.name}`, bars: categories.bars() }),
  }
}

/** A time that is no key, then any time, then a text that is no key, a number, a text. */
function firstSuitable(columns: readonly ReportColumn[]): ReportColumn {
  const isTime = ({ type }: ReportColumn): boolean => type === 'timestamp' || type === 'date'
  const found =
    columns.find(isTime) ??
    columns.find(({ type, key }) => !key && isNumeric(type)) ??
    columns.find(({ type, key }) => !key && (type === 'text' || type === 'boolean')) ??
    columns[0]
  if (found === undefined) throw new Error('a report without columns')
  return found
}
