import { describe, expect, it } from 'vitest'
import { parseOrder, parseWhere } from '../../src/report/query.ts'
import { reportFormatter, type ReportFormat } from '../../src/report/formats.ts'
import type { ColumnType, ColumnValue, ReportColumn } from '../../src/report-store/report-column.ts'

function column(name: string, type: ColumnType, key = false): ReportColumn {
  return { name, type, key, required: true, nullable: false }
}

const COLUMNS = [
  column('id', 'text', true),
  column('n', 'integer'),
  column('big', 'bigint'),
  column('share', 'real'),
  column('ok', 'boolean'),
  column('at', 'timestamp'),
  column('day', 'date'),
  column('amount', 'decimal'),
  column('tags', 'json'),
]

describe('--where', () => {
  it.each<[string, string, string, ColumnValue]>([
    ['id=IT', 'id', '=', 'IT'],
    ['id=', 'id', '=', ''],
    ['id!=a=b', 'id', '!=', 'a=b'],
    ['n>=10', 'n', '>=', 10],
    ['n <= -3', 'n', '<=', -3],
    ['n=', 'n', '=', null],
    ['big>9007199254740993', 'big', '>', 9007199254740993n],
    ['share<0.5', 'share', '<', 0.5],
    ['ok=true', 'ok', '=', true],
    ['at>=2016-01-01', 'at', '>=', new Date('2016-01-01T00:00:00Z')],
    ['at<2016-01-01T12:00:00+01:00', 'at', '<', new Date('2016-01-01T11:00:00Z')],
    ['day=2016-01-01', 'day', '=', '2016-01-01'],
    ['amount>=10.50', 'amount', '>=', '10.50'],
    ['tags=["a"]', 'tags', '=', ['a']],
  ])('%j', (text, name, comparison, value) => {
    expect(parseWhere(text, COLUMNS)).toEqual({ column: name, comparison, value })
  })

  it.each([
    ['n', /is no condition/],
    ['m=1', /no column 'm'/],
    ['n=ten', /'ten' is no integer/],
    ['at=2016-01-01T12:00:00', /is no timestamp/],
    ['ok=yes', /is no boolean/],
    ['day=01.02.2016', /is no date/],
  ])('%j is refused', (text, message) => expect(() => parseWhere(text, COLUMNS)).toThrowError(message))
})

it('--order takes several columns, each with its direction', () => {
  expect(parseOrder('id,n:desc, day:asc', COLUMNS)).toEqual([
    { column: 'id', descending: false },
    { column: 'n', descending: true },
    { column: 'day', descending: false },
  ])
})

describe('a report', () => {
  const columns = [
    column('id', 'text', true),
    column('at', 'timestamp'),
    column('big', 'bigint'),
    column('tags', 'json'),
  ]
  const rows: ColumnValue[][] = [
    ['a,"b"\n', new Date('2016-01-01T12:00:00Z'), 9007199254740993n, { x: [1] }],
    ['c', undefined, 1n, null],
  ]
  const text = (format: ReportFormat, batches: ColumnValue[][][]): string => {
    const formatter = reportFormatter(format, columns, {})
    return batches.map((batch) => formatter.rows(batch)).join('') + formatter.end()
  }
  const batches = rows.map((row) => [row])

  it('as CSV is quoted where it must be', () => {
    expect(text('csv', batches)).toBe(
      'id,at,big,tags\n"a,""b""\n",2016-01-01T12:00:00.000Z,9007199254740993,"{""x"":[1]}"\nc,,1,\n',
    )
  })

  it('as JSON is one array, the same however it was cut into batches', () => {
    const expected = [
      { id: 'a,"b"\n', at: '2016-01-01T12:00:00.000Z', big: '9007199254740993', tags: { x: [1] } },
      { id: 'c', at: null, big: '1', tags: null },
    ]
    expect(JSON.parse(text('json', batches))).toEqual(expected)
    expect(text('json', [rows])).toBe(text('json', batches))
  })

  it('as NDJSON has a row a line', () => {
    const lines = text('ndjson', batches).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a,"b"\n', 'c'])
  })

  it('as a table shows a line break as such, and keeps a row a line', () => {
    expect(text('table', batches).split('\n')).toHaveLength(5)
  })

  it.each([
    ['csv', 'id,at,big,tags\n'],
    ['json', '[]\n'],
    ['ndjson', ''],
  ] as const)('without rows is still well-formed %s', (format, expected) => {
    expect(text(format, [])).toBe(expected)
  })
})
