import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NdjsonSplitter } from '../../src/import/formats/ndjson-splitter.ts'
import { outline, plainAll, splitAll } from './splitting.ts'

const split = (text: string | Buffer, options = {}) =>
  splitAll(new NdjsonSplitter(options), Buffer.from(text as string))

describe('NDJSON', () => {
  test('one line is one record, with its line and its bytes', () => {
    expect(plainAll(split('{"a":1}\n{"b":"é"}\n'))).toEqual([
      { number: 1, line: 1, byteOffset: 0, nextLine: 2, nextByteOffset: 8, bytes: '{"a":1}' },
      {
        number: 2,
        line: 2,
        byteOffset: 8,
        nextLine: 3,
        nextByteOffset: 19,
        bytes: Buffer.from('{"b":"é"}').toString('latin1'),
      },
    ])
  })

  test('the last line needs no line end', () => {
    expect(plainAll(split('1\n22'))[1]).toEqual({
      number: 2,
      line: 2,
      byteOffset: 2,
      nextLine: 2,
      nextByteOffset: 4,
      bytes: '22',
    })
  })

  test('CRLF is a line end, a CR elsewhere is a blank', () => {
    expect(outline(split('{"a":1}\r\n{"b":\r2}\r\n'))).toEqual(['{"a":1}', '{"b":\r2}'])
  })

  test('blank lines are skipped but counted as lines', () => {
    const records = split('\n  \t\r\n1\n\n\n2\n \n')
    expect(records.map(({ number, line }) => [number, line])).toEqual([
      [1, 3],
      [2, 6],
    ])
  })

  test('a byte order mark is not part of the record, its bytes count', () => {
    expect(plainAll(split('\ufeff{}\n1'))[0]).toMatchObject({ byteOffset: 3, nextByteOffset: 6, bytes: '{}' })
    expect(split('\ufeff')).toEqual([])
    expect(split('')).toEqual([])
  })

  test('a line that is not UTF-8 is a reject that names the first bad byte, its neighbours are records', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":1}\n{"ö":"x'),
      Buffer.from([0xe9]),
      Buffer.from('"}\n3\n'),
    ])
    const records = splitAll(new NdjsonSplitter(), bytes)
    expect(outline(records)).toEqual(['{"a":1}', '!invalid-utf8', '3'])
    expect(records[1]?.error?.message).toContain('0xE9 at byte offset 16')
    expect(records[1]?.bytes).toEqual(bytes.subarray(8, 19))
  })

  test('a record over the limit costs itself alone and its bytes are not kept', () => {
    const records = split(`1\n${'x'.repeat(11)}\n${'y'.repeat(10)}\n`, { maxRecordBytes: 10 })
    expect(outline(records)).toEqual(['1', '!record-too-large', 'y'.repeat(10)])
    expect(records[1]).toMatchObject({ line: 2, byteOffset: 2, nextByteOffset: 14, bytes: null })
  })

  test('the limit is of the record, without line end and byte order mark', () => {
    expect(outline(split('\ufeff1234\r\n', { maxRecordBytes: 4 }))).toEqual(['1234'])
    expect(outline(split('\ufeff12345\r\n', { maxRecordBytes: 4 }))).toEqual(['!record-too-large'])
  })
})

const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', ' ', '\r', '\ufeff', '{"a":"é😀"}').map((text) => Buffer.from(text)),
)
const lines = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 12 })
  .map((parts) => Buffer.concat(parts.flatMap(([text, end]) => [text, Buffer.from(end)])))

describe('NDJSON, any bytes', () => {
  test('any split into chunks gives the same records', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        const options = { maxRecordBytes: 10 }
        const whole = splitAll(new NdjsonSplitter(options), bytes)
        expect(plainAll(splitAll(new NdjsonSplitter(options), bytes, cuts))).toEqual(plainAll(whole))
      }),
    )
  })

  test('starting again behind any record gives the same rest', () => {
    fc.assert(
      fc.property(lines, (bytes) => {
        const whole = splitAll(new NdjsonSplitter(), bytes)
        for (const [index, record] of whole.entries()) {
          const start = { byteOffset: record.nextByteOffset, line: record.nextLine, records: record.number }
          const rest = splitAll(new NdjsonSplitter({}, start), bytes.subarray(record.nextByteOffset))
          expect(plainAll(rest)).toEqual(plainAll(whole.slice(index + 1)))
        }
      }),
    )
  })

  test('every byte belongs to a record or is blank', () => {
    fc.assert(
      fc.property(lines, (bytes) => {
        const left = Buffer.from(bytes)
        for (const record of splitAll(new NdjsonSplitter(), bytes)) {
          const own = record.bytes ?? Buffer.alloc(0)
          expect(bytes.subarray(record.byteOffset, record.byteOffset + own.length)).toEqual(own)
          left.fill(' ', record.byteOffset, record.byteOffset + own.length)
        }
        expect(left.toString('latin1').replace(/^\xef\xbb\xbf/, '')).toMatch(/^[ \t\r\n]*$/)
      }),
    )
  })
})
