import { isUtf8 } from 'node:buffer'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { columnNames } from '../../src/import/formats/csv-header.ts'
import { CsvSplitter, type CsvOptions } from '../../src/import/formats/csv-splitter.ts'
import { outline, plainAll, splitAll } from './splitting.ts'

const split = (text: string | Buffer, options: CsvOptions = {}) =>
  splitAll(new CsvSplitter(options), Buffer.from(text as string))

const fields = (text: string, options: CsvOptions = {}) =>
  split(text, options).map((record) => record.fields ?? `!${record.error?.code}`)

describe('CSV', () => {
  test('a record has its fields, its bytes and its place; the header is not counted', () => {
    const splitter = new CsvSplitter({ delimiter: ';' })
    const records = splitAll(splitter, Buffer.from('a;b\n1;é\n"x";"y ""z"""\n'))
    expect(splitter.columns).toEqual(['a', 'b'])
    expect(plainAll(records)).toEqual([
      {
        number: 1,
        line: 2,
        byteOffset: 4,
        nextLine: 3,
        nextByteOffset: 9,
        bytes: Buffer.from('1;é').toString('latin1'),
        fields: ['1', 'é'],
      },
      {
        number: 2,
        line: 3,
        byteOffset: 9,
        nextLine: 4,
        nextByteOffset: 23,
        bytes: '"x";"y ""z"""',
        fields: ['x', 'y "z"'],
      },
    ])
  })

  test.each([
    ['LF', 'a,b\n1,2\n3,4'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['a mixture', '\na,b\r\n\r\n1,2\r3,4\n \t\n'],
  ])('lines may end with %s', (_, text) => {
    expect(fields(text)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })

  test('delimiters, quotes and line ends in quotes belong to the field; lines are counted on', () => {
    const records = split('a,b\r\n"1,\r\n2\n3\r4","""x"""\r\n5,6')
    expect(records.map((record) => record.fields)).toEqual([
      ['1,\r\n2\n3\r4', '"x"'],
      ['5', '6'],
    ])
    expect(records.map(({ line, nextLine }) => [line, nextLine])).toEqual([
      [2, 6],
      [6, 6],
    ])
  })

  test('blanks around fields stay, empty fields are empty', () => {
    expect(fields('a,b,c\n 1 ,"",\n')).toEqual([[' 1 ', '', '']])
  })

  test('a line of tabs is blank unless tabs separate the fields', () => {
    expect(fields('a\tb\n\t\n', { delimiter: '\t' })).toEqual([['', '']])
    expect(fields('a,b\n\t\n')).toEqual([])
  })

  test('a header alone, or nothing, is no record', () => {
    expect(split('a,b')).toEqual([])
    expect(split('a,b\n\n')).toEqual([])
    expect(split('')).toEqual([])
    expect(split('\ufeff')).toEqual([])
  })

  test('a byte order mark is not part of the first name, also before a quote', () => {
    for (const text of ['\ufeffa,b\n1,2', '\ufeff"a",b\n1,2']) {
      const splitter = new CsvSplitter()
      const [record] = splitAll(splitter, Buffer.from(text))
      expect(splitter.columns).toEqual(['a', 'b'])
      expect(record).toMatchObject({ byteOffset: Buffer.from(text).indexOf('1,2'), fields: ['1', '2'] })
    }
  })

  test('a record with another number of fields is a reject that names both', () => {
    const records = split('a,b\n1\n1,2,3\n1,2\n')
    expect(outline(records)).toEqual(['!field-count', '!field-count', '1,2'])
    expect(records[0]?.error?.message).toBe('expected 2 fields, as the header has, got 1 field')
    expect(records[1]?.error?.message).toContain('expected 2 fields, as the header has, got 3 fields')
    expect(records[1]?.bytes?.toString()).toBe('1,2,3')
  })

  test.each([
    ['text behind a closing quote', '"1"x,2', 'field 1'],
    ['a quote in a field without quotes', '1,2"3', 'field 2'],
    ['quotes in quotes', '"say "hi" you",2', 'field 1'],
  ])('%s costs the record alone', (_, line, place) => {
    const records = split(`a,b\n1,2\n${line}\n3,4\n`)
    expect(outline(records)).toEqual(['1,2', '!invalid-quote', '3,4'])
    expect(records[1]?.bytes?.toString()).toBe(line)
    expect(records[1]?.error?.message).toContain(place)
  })

  test('a quote that is never closed: what is before it are records, the rest is one reject', () => {
    const rest = `"1,2\n${'3,4\n'.repeat(9_997)}`
    const records = split(`a,b\n0,0\n${rest}`)
    expect(outline(records)).toEqual(['0,0', '!unterminated-quote'])
    expect(records[1]).toMatchObject({ number: 2, line: 3, byteOffset: 8, nextByteOffset: 8 + rest.length })
    expect(records[1]?.error?.message).toContain('on line 3')
    expect(records[1]?.bytes?.toString()).toBe(rest)
  })

  test.each([
    ['is closed in the wrong place on a later line', '1,"2\n3,"4"\n5,6\n', 'line 2'],
    ['comes after other broken quotes', '"1"x,"2\n3",4\n5,6\n', 'line 2'],
    ['opened on a later line of its record', '"1\n1","2\n3,"4\n5,6\n', 'line 3'],
  ])('a quote that goes over a line end and %s makes the rest one reject', (_, rest, place) => {
    const records = split(`a,b\n${rest}`)
    expect(outline(records)).toEqual(['!unterminated-quote'])
    expect(records[0]?.bytes?.toString()).toBe(rest)
    expect(records[0]?.error?.message).toContain(place)
  })

  test('broken quotes in a field behind one with a line end cost the record alone', () => {
    expect(fields('a,b\n"1\n2",3"\n5,6\n')).toEqual(['!invalid-quote', ['5', '6']])
    expect(fields('a,b\n"1\n2","3"x\n5,6\n')).toEqual(['!invalid-quote', ['5', '6']])
  })

  test('a rest that is over the limit is told without its bytes', () => {
    const records = split(`a,b\n"${'3,4\n'.repeat(10)}`, { maxRecordBytes: 20 })
    expect(outline(records)).toEqual(['!unterminated-quote'])
    expect(records[0]?.bytes).toBeNull()
  })

  test('a record over the limit costs itself alone, with and without quotes', () => {
    const long = '"x\n""yz"'.repeat(3)
    const records = split(`a,b\n1,${'x'.repeat(9)}\n1,"x\n""yzabc"\n1,${'x'.repeat(8)}\n`, {
      maxRecordBytes: 10,
    })
    expect(long.length).toBeGreaterThan(10)
    expect(outline(records)).toEqual(['!record-too-large', '!record-too-large', `1,${'x'.repeat(8)}`])
    expect(records.map((record) => record.bytes === null)).toEqual([true, true, false])
    expect(records[1]?.error?.message).toContain('13 bytes, 10 are allowed')
  })

  test('a record that is not UTF-8 is a reject, its neighbours are records', () => {
    const bytes = Buffer.concat([
      Buffer.from('a,b\n1,é\n"2",'),
      Buffer.from([0xe9]),
      Buffer.from('\n3,"é"\n'),
    ])
    const records = splitAll(new CsvSplitter(), bytes)
    expect(outline(records)).toEqual(['1,é', '!invalid-utf8', '3,"é"'])
    expect(records[1]?.error?.message).toContain('0xE9 at byte offset 13')
  })

  test.each([
    ['broken quotes', 'a,"b"c\n1,2\n', 'invalid-quote'],
    ['a quote that is not closed', 'a,"b\n1,2\n', 'unterminated-quote'],
    ['bytes that are no UTF-8', Buffer.from([97, 44, 0xff, 10]), 'invalid-utf8'],
    ['half a byte order mark', Buffer.from([0xef, 0xbb, 97, 10]), 'invalid-utf8'],
    ['more bytes than a record may have', `${'a'.repeat(50)}\n`, 'record-too-large'],
  ])('a header with %s is an error, exit 4', (_, text, reason) => {
    try {
      split(text, { maxRecordBytes: 40 })
      throw new Error('nothing was thrown')
    } catch (error) {
      expect(error).toBeInstanceOf(DemetraError)
      expect(error).toMatchObject({ code: 'DEMETRA_CSV_HEADER', exitCode: 4, context: { line: 1, reason } })
    }
  })
})

describe('column names', () => {
  test('are trimmed; blank and doubled ones get names of their own', () => {
    expect(columnNames([' a ', '', 'b', 'a', 'a', ' '])).toEqual([
      'a',
      'column_2',
      'b',
      'a_2',
      'a_3',
      'column_6',
    ])
  })

  test('a name that was made never takes one that the header has', () => {
    expect(columnNames(['a', 'a', 'a_2', '', 'column_4'])).toEqual([
      'a',
      'a_3',
      'a_2',
      'column_4_2',
      'column_4',
    ])
  })

  test('all differ, and a name that is there once stays as it is', () => {
    const name = fc.constantFrom('a', 'a_2', 'a_3', '', ' ', 'column_2', 'column_2_2', 'b')
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (header) => {
        const names = columnNames(header)
        expect(new Set(names).size).toBe(header.length)
        header.forEach((own, i) => {
          if (own.trim() !== '' && header.indexOf(own) === i) expect(names[i]).toBe(own)
        })
      }),
    )
  })
})

const field = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r', '\ufeff'), maxLength: 6 }),
  fc.string({ maxLength: 6 }),
)
const table = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.record({
    rows: fc.array(fc.array(field, { minLength: columns, maxLength: columns }), { maxLength: 6 }),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    columns: fc.constant(columns),
    bom: fc.constantFrom('', '\ufeff'),
  }),
)

describe('CSV, any table', () => {
  test('what was written comes back, and csv-parse reads the same', () => {
    fc.assert(
      fc.property(table, fc.boolean(), ({ rows, lineEnd, columns, bom }, always) => {
        const quote = (text: string) =>
          always || /[",\r\n]|^\s*$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
        const lines = [Array.from({ length: columns }, (_, i) => `c${i}`), ...rows].map(
          (row) => row.map(quote).join(',') + lineEnd,
        )
        const bytes = Buffer.from(bom + lines.join(''))
        expect(splitAll(new CsvSplitter(), bytes).map((record) => record.fields)).toEqual(rows)
        expect(parse(bytes, { bom: true, from: 2, record_delimiter: lineEnd })).toEqual(rows)
      }),
    )
  })

  const messy = fc
    .array(
      fc.oneof(
        fc.constantFrom('"', '""', ',', '\n', '\r', '\r\n', 'a', '1,2\n', '"x","y"\n', '\ufeff', 'é'),
        fc.uint8Array({ minLength: 1, maxLength: 2 }),
      ),
      { maxLength: 30 },
    )
    .map((parts) =>
      Buffer.concat([Buffer.from('a,b\n'), ...parts.map((part) => Buffer.from(part as string))]),
    )

  test('a record that starts with a bad byte behind a CR at the end of a chunk', () => {
    const bytes = Buffer.from([97, 44, 98, 10, 49, 44, 50, 13, 128, 13, 10])
    const records = splitAll(new CsvSplitter(), bytes, [8])
    expect(outline(records)).toEqual(['1,2', '!invalid-utf8'])
  })

  test('any split into chunks gives the same records', () => {
    fc.assert(
      fc.property(messy, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        for (const maxRecordBytes of [8, 1000]) {
          const whole = splitAll(new CsvSplitter({ maxRecordBytes }), bytes)
          expect(plainAll(splitAll(new CsvSplitter({ maxRecordBytes }), bytes, cuts))).toEqual(
            plainAll(whole),
          )
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('starting again behind any record gives the same rest', () => {
    fc.assert(
      fc.property(messy, (bytes) => {
        const whole = splitAll(new CsvSplitter(), bytes)
        for (const [index, record] of whole.entries()) {
          const rest = new CsvSplitter(
            {},
            {
              byteOffset: record.nextByteOffset,
              line: record.nextLine,
              records: record.number,
              columns: ['a', 'b'],
            },
          )
          expect(plainAll(splitAll(rest, bytes.subarray(record.nextByteOffset)))).toEqual(
            plainAll(whole.slice(index + 1)),
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  test('every byte is in a record, in a line end or blank; what is a record csv-parse reads alike', () => {
    fc.assert(
      fc.property(messy, (bytes) => {
        const left = Buffer.from(bytes)
        for (const record of splitAll(new CsvSplitter(), bytes)) {
          const own = record.bytes as Buffer
          expect(bytes.subarray(record.byteOffset, record.byteOffset + own.length)).toEqual(own)
          left.fill(' ', record.byteOffset, record.byteOffset + own.length)
          if (record.error !== undefined) continue
          expect(isUtf8(own)).toBe(true)
          expect(parse(own, { record_delimiter: 'no line end is read here' })).toEqual([record.fields])
        }
        expect(left.toString('latin1')).toMatch(/^a,b[ \t\r\n]*$/)
      }),
      { numRuns: 1000 },
    )
  })
})
