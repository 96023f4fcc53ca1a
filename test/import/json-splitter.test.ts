import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { JsonSplitter, type JsonOptions } from '../../src/import/formats/json-splitter.ts'
import { outline, plainAll, splitAll } from './splitting.ts'

const split = (text: string | Buffer, options: JsonOptions = {}) =>
  splitAll(new JsonSplitter(options), Buffer.from(text as string))

const texts = (text: string, options: JsonOptions = {}) => outline(split(text, options))

describe('a JSON array', () => {
  test('an element is a record, with its line and its bytes', () => {
    expect(plainAll(split('[\n  {"a": 1},\n  {\n    "b": "é,]}"\n  }\n]\n'))).toEqual([
      { number: 1, line: 2, byteOffset: 4, nextLine: 2, nextByteOffset: 12, bytes: '{"a": 1}' },
      {
        number: 2,
        line: 3,
        byteOffset: 16,
        nextLine: 5,
        nextByteOffset: 38,
        bytes: Buffer.from('{\n    "b": "é,]}"\n  }').toString('latin1'),
      },
    ])
  })

  test('elements of every kind are records; what they are worth is for others to say', () => {
    expect(texts('[{}, [1,[2]], "a\\"]", -1.5e3, null,x.y , "" ]')).toEqual([
      '{}',
      '[1,[2]]',
      '"a\\"]"',
      '-1.5e3',
      'null',
      'x.y',
      '""',
    ])
  })

  test.each(['[]', ' [ \n ] ', '\ufeff[]', '', ' \n', '\ufeff'])('%j has no records', (text) => {
    expect(texts(text)).toEqual([])
  })

  test('a byte order mark is passed over', () => {
    expect(split('\ufeff[1]')[0]).toMatchObject({ byteOffset: 4 })
  })

  test('strings hide brackets, commas and escaped quotes', () => {
    expect(texts('[{"a":"]}\\\\"},{"b\\"}":"[{,"}]')).toEqual(['{"a":"]}\\\\"}', '{"b\\"}":"[{,"}'])
  })

  test('nesting of any depth is one record', () => {
    const deep = `${'['.repeat(10_000)}{"a":1}${']'.repeat(10_000)}`
    expect(texts(`[${deep},2]`)).toEqual([deep, '2'])
  })

  test('a record over the limit costs itself alone', () => {
    const records = split(`[1,{"a":"${'x'.repeat(20)}"},{"b":2}]`, { maxRecordBytes: 10 })
    expect(outline(records)).toEqual(['1', '!record-too-large', '{"b":2}'])
    expect(records[1]).toMatchObject({ bytes: null, byteOffset: 3, nextByteOffset: 31 })
  })

  test('an element that is not UTF-8 is a reject that names the byte, its neighbours are records', () => {
    const bytes = Buffer.concat([Buffer.from('["é",{"a":"'), Buffer.from([0xff]), Buffer.from('"},"é"]')])
    const records = splitAll(new JsonSplitter(), bytes)
    expect(outline(records)).toEqual(['"é"', '!invalid-utf8', '"é"'])
    expect(records[1]?.error?.message).toContain('0xFF at byte offset 12')
  })
})

describe('a broken JSON array', () => {
  test('a missing comma makes the element behind it a reject', () => {
    const records = split('[{"a":1} {"b":2},3 4]')
    expect(outline(records)).toEqual(['{"a":1}', '!missing-comma', '3', '!missing-comma'])
    expect(records[1]?.bytes?.toString()).toBe('{"b":2}')
  })

  test('a comma too many is told at its place', () => {
    const records = split('[1,,2,]')
    expect(outline(records)).toEqual(['1', '!missing-element', '2', '!missing-element'])
    expect(records[1]).toMatchObject({ byteOffset: 3, nextByteOffset: 3, bytes: Buffer.alloc(0) })
    expect(texts('[,1]')).toEqual(['!missing-element', '1'])
  })

  test.each([
    [
      'a bracket that closes another kind',
      '[1,',
      '{"a":[1}},{"b":2}]',
      'invalid-json',
      '"}" at byte offset 10',
    ],
    ['a bracket too many', '[1', '},{"b":2}]', 'invalid-json', 'byte offset 2, got "}"'],
    ['a colon', '[1,', ':2,3]', 'invalid-json', 'byte offset 3, got ":"'],
    ['a missing bracket', '[1,', '{"a":{"x":1},\n{"b":2}\n]', 'invalid-json', '"]" at byte offset 25'],
    ['more text behind the array', '[1]\n', '[2]\n', 'trailing-content', 'byte offset 4, got "["'],
  ])('with %s the rest is one reject', (_, sound, rest, code, place) => {
    const records = split(sound + rest)
    expect(outline(records)).toEqual(['1', `!${code}`])
    expect(records[1]?.bytes?.toString()).toBe(rest)
    expect(records[1]?.error?.message).toContain(place)
    expect(records[1]?.nextByteOffset).toBe(sound.length + rest.length)
  })

  test.each([
    ['[1,{"a":', '{"a":'],
    ['[1,"x', '"x'],
    ['[1,23', '23'],
    ['[1', '1'],
    ['[1,', ''],
    ['[1 ', ''],
    ['[', ''],
  ])('cut short as %s, what is there is told, and that the end is missing', (text, last) => {
    const records = split(text)
    expect(outline(records).at(-1)).toBe('!truncated')
    expect(records.at(-1)?.bytes?.toString()).toBe(last)
    expect(records.at(-1)?.nextByteOffset).toBe(text.length)
  })

  test.each(['{"a":1}', 'x', '"[1]"'])('%s is no array: exit 4', (text) => {
    expect(notFound(text, {})).toContain('at the top')
  })
})

describe('an array inside a document', () => {
  const document =
    '{"x":{"data":[0]},"a\\u0062":[7],"data":{"n":[],"items":[{"id":1},2],"more":"]}"},"end":[3]}'

  test('is found by its path; the rest of the document is passed over', () => {
    expect(texts(document, { path: ['data', 'items'] })).toEqual(['{"id":1}', '2'])
    expect(texts(document, { path: ['end'] })).toEqual(['3'])
    expect(texts(document, { path: ['x', 'data'] })).toEqual(['0'])
    expect(texts(document, { path: ['data', 'n'] })).toEqual([])
    expect(texts(document, { path: ['ab'] })).toEqual(['7'])
  })

  test('escaped quotes in keys and strings before it hide nothing', () => {
    expect(texts('{"x\\"":"\\"]}{","y":{"z":"\\\\"},"a":[1]}', { path: ['a'] })).toEqual(['1'])
  })

  test('lines are counted from the start of the document', () => {
    const [record] = split(JSON.stringify(JSON.parse(document), null, 2), { path: ['end'] })
    expect(record?.line).toBe(21)
  })

  test.each([['nothing'], ['data'], ['data.x'], ['x.data.y'], ['end.x']])(
    'no array at %s: exit 4',
    (path) => {
      expect(notFound(document, { path: path.split('.') })).toContain(path)
    },
  )

  test('a document that ends too soon, or goes on after its end, is told', () => {
    expect(texts('{"a":[1],"b":2', { path: ['a'] })).toEqual(['1', '!truncated'])
    expect(texts('{"a":[1],"b":2}{', { path: ['a'] })).toEqual(['1', '!trailing-content'])
    expect(texts('{"a":[1]]', { path: ['a'] })).toEqual(['1', '!invalid-json'])
    expect(notFound('{"a":', { path: ['a'] })).toContain('at a')
  })
})

describe('a document that is one record', () => {
  test.each([' {\n"a":[1]\n}\n', '\ufeff[1]', '12', '"x"'])('%j', (text) => {
    expect(texts(text, { path: null })).toEqual([text.replace('\ufeff', '').trim()])
  })

  test('cut short or followed by more, it is told', () => {
    expect(texts('{"a":1', { path: null })).toEqual(['!truncated'])
    expect(texts('{"a":1} {"a":2}', { path: null })).toEqual(['{"a":1}', '!trailing-content'])
    expect(texts(' ', { path: null })).toEqual([])
    expect(texts(']', { path: null })).toEqual(['!invalid-json'])
  })
})

function notFound(text: string, options: JsonOptions): string {
  try {
    split(text, options)
  } catch (error) {
    expect(error).toBeInstanceOf(DemetraError)
    expect(error).toMatchObject({ code: 'DEMETRA_RECORDS_NOT_FOUND', exitCode: 4 })
    return (error as DemetraError).message
  }
  throw new Error('nothing was thrown')
}

const blank = fc.constantFrom('', ' ', '\n', '\r\n\t')

describe('JSON, any text', () => {
  test('the elements of any array come back as they were written', () => {
    const element = fc.oneof(fc.json(), fc.constantFrom('{"😀":"\\u0022é"}', '1E400'))
    fc.assert(
      fc.property(fc.array(element), fc.array(blank), fc.boolean(), (elements, blanks, inside) => {
        const between = (i: number) => blanks[i % Math.max(blanks.length, 1)] ?? ''
        const array = `[${elements.map((text, i) => between(i) + text + between(i + 1)).join(',')}]`
        const text = inside ? `{"k":[{}], "a" :\n{"b":${array},"c":1}}` : array
        expect(texts(text, { path: inside ? ['a', 'b'] : [] })).toEqual(elements)
      }),
    )
  })

  const messy = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '\\',
          '\n',
          ' ',
          '1',
          'é',
          '{"a":[1]}',
          '"b"',
          ',1,',
        ),
        fc.uint8Array({ minLength: 1, maxLength: 2 }),
      ),
      { maxLength: 20 },
    )
    .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))))
  const prefixed = fc
    .tuple(fc.constantFrom('', '[', '{"x":"é\\"","a":[', '\ufeff['), messy, fc.constantFrom('', ']', ']}'))
    .map(([start, middle, end]) => Buffer.concat([Buffer.from(start), middle, Buffer.from(end)]))
  const options = fc.constantFrom<JsonOptions>(
    {},
    { path: ['a'] },
    { path: null },
    { path: [], maxRecordBytes: 4 },
  )

  test('a byte of a byte order mark elsewhere is none', () => {
    expect(outline(splitAll(new JsonSplitter(), Buffer.from([91, 187, 93]), [1]))).toEqual(['!invalid-utf8'])
    expect(() => split(Buffer.from([0xef, 0xbb, 91, 93]))).toThrow('no JSON array')
  })

  test('any split into chunks gives the same records', () => {
    fc.assert(
      fc.property(prefixed, options, fc.array(fc.nat(), { maxLength: 20 }), (bytes, option, cuts) => {
        expect(attempt(bytes, option, cuts)).toEqual(attempt(bytes, option, []))
      }),
      { numRuns: 3000 },
    )
  })

  test('starting again behind any record gives the same rest', () => {
    fc.assert(
      fc.property(prefixed, options, (bytes, option) => {
        const whole = attempt(bytes, option, [])
        if (!Array.isArray(whole)) return
        const records = split(bytes, option)
        for (const [index, record] of records.entries()) {
          if (record.nextByteOffset === bytes.length) continue
          const start = { byteOffset: record.nextByteOffset, line: record.nextLine, records: record.number }
          const rest = splitAll(new JsonSplitter(option, start), bytes.subarray(record.nextByteOffset))
          expect(plainAll(rest)).toEqual(whole.slice(index + 1))
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('every byte of an array is in a record, or a blank, a comma or its brackets', () => {
    fc.assert(
      fc.property(messy, (middle) => {
        const bytes = Buffer.concat([Buffer.from('['), middle, Buffer.from(']')])
        const left = Buffer.from(bytes)
        for (const record of split(bytes)) {
          const own = record.bytes as Buffer
          expect(bytes.subarray(record.byteOffset, record.byteOffset + own.length)).toEqual(own)
          left.fill(' ', record.byteOffset, record.byteOffset + own.length)
        }
        // Control characters count as blanks here.
        // oxlint-disable-next-line no-control-regex
        expect(left.toString('latin1')).toMatch(/^\[[\0-\x20,]*\]?[\0-\x20]*$/)
      }),
      { numRuns: 1000 },
    )
  })
})

function attempt(bytes: Buffer, options: JsonOptions, cuts: readonly number[]): unknown {
  try {
    return plainAll(splitAll(new JsonSplitter(options), bytes, cuts))
  } catch (error) {
    if (error instanceof DemetraError) return error.message
    throw error
  }
}
