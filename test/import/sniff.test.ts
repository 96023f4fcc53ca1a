import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { outlineJson } from '../../src/import/formats/json-discovery.ts'
import { sniffFormat, type SniffOptions } from '../../src/import/sniff.ts'

const sniff = (text: string | Buffer, options: Partial<SniffOptions> = {}) =>
  sniffFormat(Buffer.from(text as string), { name: 'dump', ...options })

async function failure(text: string | Buffer, options: Partial<SniffOptions> = {}): Promise<DemetraError> {
  const result = await sniff(text, options).catch((error: unknown) => error)
  if (result instanceof DemetraError) return result
  throw new Error(`was read as ${JSON.stringify(result)}`)
}

const event = '{"id":"x","meta":{"type":"t"},"payload":{"items":[{"a":1}]}}'

describe('JSON is told by its structure', () => {
  test.each([
    ['lines of objects', '{"a":1}\n{"b":[{"c":2}]}\n', { format: 'ndjson' }],
    ['blank lines and a byte order mark', '\ufeff\n\r\n{"a":1}\r\n\r\n{"b":2}', { format: 'ndjson' }],
    ['one line', '{"a":1}', { format: 'ndjson' }],
    ['one line with an array that holds no objects', '{"a":[1,2]}\n', { format: 'ndjson' }],
    ['one event', event, { format: 'ndjson' }],
    ['lines of which the first is broken', '{"a":"x}\n{"b":2}\n{"c":3}\n{"d":4}\n', { format: 'ndjson' }],
    ['lines of which the second is broken', '{"a":1}\n{"b":\n', { format: 'ndjson' }],
    ['an array', ' [{"a":1},\n{"b":2}]', { format: 'json', path: [] }],
    ['an empty array', '[]', { format: 'json', path: [] }],
    ['an array of anything', '[ 1, "x"]', { format: 'json', path: [] }],
    ['a bracket alone', '[\n', { format: 'json', path: [] }],
    [
      'a document',
      '{\n "n": 1,\n "data": {\n "items": [\n{"a":1}]}}',
      { format: 'json', path: ['data', 'items'] },
    ],
    [
      'a document with a line for each element',
      '{"items":[\n{"a":1},\n{"b":2},\n{"c":3}\n],"n":3}\n',
      { format: 'json', path: ['items'] },
    ],
    ['a document with an empty array', '{\n"n": 0,\n"items": []\n}', { format: 'json', path: ['items'] }],
    ['a document that is a record', '{\n"a": 1\n}\n', { format: 'json', path: null }],
    ['an event over several lines', event.replaceAll(',', ',\n'), { format: 'json', path: null }],
  ])('%s', async (_, text, expected) => {
    expect(await sniff(text)).toEqual(expected)
  })

  test('of a long document the first bytes are enough', async () => {
    const head = `{\n"page": 1, "rows": [${'{"a":[{"b":1}]},\n'.repeat(100)}{"a":[{`
    expect(await sniff(head, { complete: false })).toEqual({ format: 'json', path: ['rows'] })
    const line = `{"page":1,"rows":[${'{"a":[{"b":1}]},'.repeat(100)}{"a":[{`
    expect(await sniff(line, { complete: false })).toEqual({ format: 'json', path: ['rows'] })
  })

  test('a first line that is longer than what is seen of it is an event where it starts as one', async () => {
    const head = `{"id":"x","meta":{},"payload":{"items":[{"a":1},`
    expect(await sniff(head, { complete: false })).toEqual({ format: 'ndjson' })
  })

  test('several arrays of objects: exit 2, they are listed, and the hint chooses one', async () => {
    const error = await failure('{\n"a": [{}],\n"b": {"c": [{}], "d": [[{}]]}\n}')
    expect(error).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('2 arrays of objects: a, b.c'),
    })
    expect(error.hints[0]).toContain('`--records a`')
  })

  test('a single line with an array of objects could be meant as either: exit 4', async () => {
    const error = await failure('{"ok":true,"data":{"items":[{"a":1}]}}')
    expect(error).toMatchObject({ exitCode: 4 })
    expect(error.hints.join()).toContain('`--records data.items`')
    expect(error.hints.join()).toContain('`--format ndjson`')
  })

  test('a single line with one array of several objects is a document', async () => {
    const head = Buffer.from('{"ok":true,"data":{"items":[{"a":1},{"a":2}]}}')
    expect(await sniffFormat(head, { name: 'dump' })).toEqual({ format: 'json', path: ['data', 'items'] })
  })

  test('JSON texts over several lines each: exit 4, the hint makes lines of them', async () => {
    for (const text of ['{\n"a": 1\n}\n{\n"b": 2\n}\n', '{"a":1}\r{"b":2}\r']) {
      expect((await failure(text)).hints[0]).toContain("jq -c . 'dump'")
    }
  })

  test('no array in what is seen of a document: exit 4, --records', async () => {
    const error = await failure('{\n"a": {', { complete: false })
    expect(error.exitCode).toBe(4)
    expect(error.hints[0]).toContain('--records')
  })

  test('keys with dots stay keys', async () => {
    const error = await failure('{"a.b":[{}]}')
    expect(error.hints[0]).toContain(`--records '["a.b"]'`)
    expect(await sniff('{}', { records: '["a.b"]' })).toEqual({ format: 'json', path: ['a.b'] })
  })
})

describe('CSV is told by equal numbers of fields', () => {
  test.each([
    ['comma', 'a,b;c\n1,2;3\n4,5\n', ','],
    ['semicolon', 'a;b\n1,5;2,5\n3,1;4\n', ';'],
    ['tab', 'a\tb\n1, 2\t3\n', '\t'],
    ['bar', 'a|b|c\n1|2|3\n', '|'],
    ['delimiters in quotes', '"a;b;c","d"\n"1;2",3\n', ','],
    ['line ends in quotes', 'a;"b\n,\n"\n1;2\n', ';'],
    ['CR as line end', 'a;b\r1;2\r', ';'],
    ['a header alone', 'Case ID;Activity', ';'],
    ['a header in brackets', '[id],[name]\n1,2\n', ','],
    ['a header in braces', '{id};{name}\n1;2\n', ';'],
    ['a byte order mark', '\ufeffa;b\n1;2\n', ';'],
    ['one bad record of ten', `a;b\n${'1;2\n'.repeat(9)}3\n`, ';'],
    ['a quote that is never closed', 'a;b\n1;2\n3;"x\n', ';'],
  ])('%s', async (_, text, delimiter) => {
    expect(await sniff(text)).toEqual({ format: 'csv', delimiter })
  })

  test('a record that is cut off by the end of the head does not count', async () => {
    expect(await sniff('a;b;c\n1;2', { complete: false })).toEqual({ format: 'csv', delimiter: ';' })
  })

  test.each([
    ['sepsis.csv', ';'],
    ['patients.csv', ','],
  ])('the dump %s', async (file, delimiter) => {
    const head = readFileSync(join(import.meta.dirname, '../../fixtures', file)).subarray(0, 100_000)
    expect(await sniff(head, { complete: false })).toEqual({ format: 'csv', delimiter })
  })
})

describe('what is not clear is an error, exit 4', () => {
  test.each([
    ['a single column', 'name\nann\nbob\n', '--format csv'],
    ['prose', 'Dear all,\nas you know\nit was, and is, so\nhello\nyours', '--format'],
    ['zero bytes', Buffer.from([7, 0, 0, 7, 1]), '--format'],
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'iconv -f UTF-16 -t UTF-8'],
    ['UTF-16 without a mark', Buffer.from('id;name\n', 'utf16le'), 'iconv -f UTF-16LE'],
    ['big-endian UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le').swap16(), 'iconv -f UTF-16'],
    ['a ZIP archive', Buffer.from('PK\u0003\u0004xyz'), 'unzip'],
    ['a Parquet file', Buffer.from('PAR1xyz'), 'Parquet'],
  ])('%s', async (_, bytes, expected) => {
    const error = await failure(bytes)
    expect(error).toMatchObject({ code: 'DEMETRA_FORMAT_UNKNOWN', exitCode: 4, context: { source: 'dump' } })
    expect(error.message).toMatch(/^dump: /)
    expect(`${error.message} ${error.hints.join(' ')}`).toContain(expected)
  })
})

describe('flags', () => {
  test.each<[Partial<SniffOptions>, string, object]>([
    [{ format: 'csv' }, 'name\nann\n', { format: 'csv', delimiter: ',' }],
    [{ format: 'csv' }, '{a};"b"\n', { format: 'csv', delimiter: ';' }],
    [{ delimiter: '^' }, '{"a":1}\n', { format: 'csv', delimiter: '^' }],
    [{ delimiter: 'tab' }, 'a\n', { format: 'csv', delimiter: '\t' }],
    [{ delimiter: '\\t' }, 'a\n', { format: 'csv', delimiter: '\t' }],
    [{ format: 'ndjson' }, '[{"a":1}]\n', { format: 'ndjson' }],
    [{ format: 'ndjson' }, '{"a":[{}]}\n', { format: 'ndjson' }],
    [{ format: 'json' }, '{"a":[{}]}\n', { format: 'json', path: ['a'] }],
    [{ format: 'json' }, '{"a":1}\n', { format: 'json', path: null }],
    [{ records: 'a.b' }, '{"a":[{}]}\n', { format: 'json', path: ['a', 'b'] }],
    [{ records: '.', format: 'json' }, '[]', { format: 'json', path: [] }],
  ])('%j win over the content', async (options, text, expected) => {
    expect(await sniff(text, options)).toEqual(expected)
  })

  test.each<[Partial<SniffOptions>]>([
    [{ delimiter: ';', format: 'json' }],
    [{ delimiter: ';', records: 'a' }],
    [{ records: 'a', format: 'csv' }],
    [{ delimiter: '"' }],
    [{ delimiter: ';;' }],
    [{ delimiter: '§' }],
    [{ records: '[1]' }],
    [{ records: '[' }],
  ])('%j do not fit: exit 2', async (options) => {
    const error = await failure('a;b', options)
    expect(error).toMatchObject({ exitCode: 2 })
    expect(error.hints).not.toEqual([])
  })

  test('no flag makes text of what is none', async () => {
    expect((await failure(Buffer.from('\ufeffa', 'utf16le'), { format: 'csv' })).exitCode).toBe(4)
  })
})

test.each(['', '\ufeff', ' \n\r\n'])('a source without content has no records: %j', async (text) => {
  expect(await sniff(text)).toEqual({ format: 'ndjson' })
})

describe('the outline of a document', () => {
  test('lists the arrays that are in no other, with what they hold', () => {
    const text = '{"a":[{"x":[{}]},1,"s",null,[2]],"b":{"c":[],"d":{"e":[true,-1]}},"f":1}'
    expect(outlineJson(Buffer.from(text))).toEqual({
      arrays: [
        { path: ['a'], elements: 5, objects: 1 },
        { path: ['b', 'c'], elements: 0, objects: 0 },
        { path: ['b', 'd', 'e'], elements: 2, objects: 0 },
      ],
      topKeys: new Set(['a', 'b', 'f']),
    })
  })

  test('is as long as the text is whole, wherever it is cut', () => {
    const text = '\ufeff{"é":{"k":[{"x":1},{"y":"zé"}]}}'
    const bytes = Buffer.from(text)
    for (let end = 0; end < bytes.length; end++) {
      for (const array of outlineJson(bytes.subarray(0, end)).arrays) expect(array.path).toEqual(['é', 'k'])
    }
    expect(outlineJson(bytes).arrays).toEqual([{ path: ['é', 'k'], elements: 2, objects: 2 }])
    const spaces = ' '.repeat(20_000)
    for (const blank of ['', spaces])
      expect(outlineJson(Buffer.from(`{"a":${blank}[{}],x"b":[{}]}`)).arrays).toEqual([
        { path: ['a'], elements: 1, objects: 1 },
      ])
  })
})
