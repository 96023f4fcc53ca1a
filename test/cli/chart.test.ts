import { describe, expect, it } from 'vitest'
import { barsText } from '../../src/report/bars.ts'
import { chartMaker, type Chart } from '../../src/report/chart.ts'
import type { ColumnType, ColumnValue, ReportColumn } from '../../src/report-store/report-column.ts'

function column(name: string, type: ColumnType, key = false): ReportColumn {
  return { name, type, key, required: true, nullable: false }
}

const COLUMNS = [
  column('id', 'text', true),
  column('landed_at', 'timestamp'),
  column('country', 'text'),
  column('amount', 'decimal'),
]

function chart(wanted: string, rows: ColumnValue[][], columns = COLUMNS): Chart {
  const maker = chartMaker(wanted, columns)
  for (const row of rows) maker.add(row)
  return maker.chart()
}

const row = (at: string | null, country = 'IT', amount = '1.50'): ColumnValue[] => [
  'x',
  at === null ? undefined : new Date(at),
  country,
  amount,
]

describe('over a time column', () => {
  it('counts by the hour within two days, hours without a row too', () => {
    const { title, bars } = chart('landed_at', [row('2016-01-01T10:05:00Z'), row('2016-01-01T12:59:59.999Z')])
    expect(title).toBe('rows per hour of landed_at')
    expect(bars).toEqual([
      { label: '2016-01-01 10:00', value: 1 },
      { label: '2016-01-01 11:00', value: 0 },
      { label: '2016-01-01 12:00', value: 1 },
    ])
  })

  it.each([
    ['2016-01-01T23:00:00Z', '2016-01-31T01:00:00Z', 'day', 31, '2016-01-01'],
    ['2015-12-31T23:00:00Z', '2016-03-01T01:00:00Z', 'day', 62, '2015-12-31'],
    ['2016-01-31T23:00:00Z', '2017-12-01T01:00:00Z', 'month', 24, '2016-01'],
    ['2000-02-29T00:00:00Z', '2016-01-01T00:00:00Z', 'year', 17, '2000'],
  ])('from %s to %s counts per %s', (from, to, per, count, first) => {
    const { title, bars } = chart('landed_at', [row(from), row(to)])
    expect(title).toBe(`rows per ${per} of landed_at`)
    expect(bars).toHaveLength(count)
    expect(bars[0]).toEqual({ label: first, value: 1 })
    expect(bars.at(-1)?.value).toBe(1)
  })

  it('sums up another column', () => {
    const rows = [
      row('2016-01-01T10:00:00Z', 'IT', '2.25'),
      row('2016-01-01T10:10:00Z', 'DE', '1.50'),
      row(null),
    ]
    expect(chart('landed_at:amount', rows)).toEqual({
      title: 'sum of amount per hour of landed_at',
      bars: [{ label: '2016-01-01 10:00', value: 3.75 }],
    })
  })

  it('is what a chart shows where no column is named', () => {
    expect(chart('', [row('2016-01-01T10:00:00Z')]).title).toBe('rows per hour of landed_at')
  })
})

it('over a text column counts by value, the most frequent first, the rest together', () => {
  const rows = [...Array(25).keys()].flatMap((n) =>
    Array.from({ length: n + 1 }, () => row(null, `country ${n}`)),
  )
  const { bars } = chart('country', rows)
  expect(bars).toHaveLength(21)
  expect(bars[0]).toEqual({ label: 'country 24', value: 25 })
  expect(bars.at(-1)).toEqual({ label: '(5 others)', value: 15 })
})

describe('over a number column', () => {
  const numbers = [column('id', 'text', true), column('count', 'integer')]

  it('shows each row by its key where rows are few', () => {
    expect(
      chart(
        'count',
        [
          ['a', 5],
          ['b', 3],
        ],
        numbers,
      ).bars,
    ).toEqual([
      { label: 'a', value: 5 },
      { label: 'b', value: 3 },
    ])
  })

  it('shows how they spread where rows are many', () => {
    const rows = [...Array(100).keys()].map((n): ColumnValue[] => [`k${n}`, n])
    const { title, bars } = chart('count', rows, numbers)
    expect(title).toBe('rows by count')
    expect(bars[0]).toEqual({ label: '0 to 10', value: 10 })
    expect(bars.reduce((sum, { value }) => sum + value, 0)).toBe(100)
  })
})

it('a column that is not there is a usage error with what there is', () => {
  expect(() => chart('contry', [])).toThrowError(/no column 'contry' \(did you mean "country"\?\)/)
})

it('bars fill the width, and what is above zero shows', () => {
  const text = barsText(
    [
      { label: 'IT', value: 1000 },
      { label: 'DE', value: 1 },
      { label: 'FR', value: 0 },
    ],
    30,
  )
  expect(text).toBe(`IT  ${'█'.repeat(19)} 1,000\nDE  ▏ 1\nFR   0\n`)
})
