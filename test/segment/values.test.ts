import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBigIntegers } from '../../src/event/big-integers.ts'
import { ValueCutter } from '../../src/segment/cut/cut-values.ts'
import { readValues } from '../../src/segment/read-values.ts'
import { ScannedText } from '../../src/segment/cut/scanned-text.ts'
import { NOT_CUT } from '../../src/segment/value-table.ts'

/** What is read of the values of payloads, all in one text; null: it is to be parsed. */
function ofValues(payloads: readonly string[], cutter = new ValueCutter(), type = 'type'): (object | null)[] {
  const bytes = Buffer.from(payloads.map((payload) => `${payload}}\n`).join(''))
  const text = new ScannedText(bytes)
  cutter.begin(
    payloads.length,
    bytes.every((byte) => byte < 128),
  )
  let start = 0
  for (const [line, payload] of payloads.entries()) {
    const end = start + Buffer.byteLength(payload)
    cutter.cut(line, type, text, start, end)
    start = end + 2
  }
  const table = structuredClone(cutter.table())
  return payloads.map((payload, line) => readValues(table, line, payload))
}

/** Of the heap, by what can be reached. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

/** Of one payload between others. */
const ofOne = (payload: string): object | null => ofValues(['{"a":1}', payload, '{"a":2}'])[1] ?? null

const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('amount', 'country', 'a', '0', '17', 'constructor', 'toString', ''),
  },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'a"b', 'Zürich', '\n') },
  { weight: 1, arbitrary: fc.string() },
)
const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map(String),
  fc.tuple(fc.integer(), fc.nat({ max: 10 ** 9 })).map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '1e3',
    '1E+2',
    '0.1',
    '9007199254740993',
    '123456789.123456',
    '1.0',
    '0.00001',
  ),
)
const value = fc.oneof(
  { weight: 4, arbitrary: number },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('IT', 'card', '', 'x'.repeat(200), 'a\\b', 'Zürich 😀')
      .map((text) => JSON.stringify(text)),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.constantFrom('true', 'false', 'null', '[]', '{}', '[{"a":"]}"}]') },
  { weight: 1, arbitrary: fc.json() },
)
const payload = fc
  .array(fc.tuple(name, value), { maxLength: 9 })
  .map((members) => `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`)

describe('a payload read from its values', () => {
  it('is what parsing it gives, whatever it holds and whatever came before it', () => {
    const cutter = new ValueCutter()
    let read = 0
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 20 }), (payloads) => {
        for (const [line, found] of ofValues(payloads, cutter).entries()) {
          if (found === null) continue
          read += 1
          const parsed = parseBigIntegers(payloads[line] as string) as object
          expect(isDeepStrictEqual(found, parsed), payloads[line]).toBe(true)
          expect(Object.keys(found)).toEqual(Object.keys(parsed))
        }
      }),
      { numRuns: 500 },
    )
    expect(read).toBeGreaterThan(500)
  })

  it('is left to the parser where it is no JSON, or cut off', () => {
    const whole = '{"a":"b","n":-12.5,"list":[1,{"x":"]"}],"t":true}'
    expect(ofOne(whole)).toEqual(JSON.parse(whole))
    for (let length = 0; length < whole.length; length += 1) expect(ofOne(whole.slice(0, length))).toBeNull()
    for (const text of [
      '{"a":01}',
      '{"a":-}',
      '{"a":.5}',
      '{"a":1.}',
      '{"a":1.2.3}',
      '{"a":tru}',
      '{"a":1,}',
      '{"a":1 }',
      '{ "a":1}',
      '{"a" :1}',
      '{"a":"b\n"}',
      '{"a":"b\n, and more behind it"}',
      '{a:1}',
      '[1]',
      '{"a":[}',
      '{"a":"\\"}',
    ])
      expect(ofOne(text), text).toBeNull()
  })

  it('shares texts that repeat, and no others', () => {
    const payloads = Array.from({ length: 1000 }, (_, n) => `{"country":"IT","id":"a-text-of-its-own-${n}"}`)
    const cutter = new ValueCutter()
    ofValues(payloads, cutter)
    ofValues(
      payloads.map((text) => text.replace('own', 'new')),
      cutter,
    )
    expect(cutter.table().texts).toEqual(['IT'])
  })

  it('shares no texts any more where they have ceased to repeat', () => {
    const cutter = new ValueCutter()
    const ofIds = (id: (n: number) => string): unknown =>
      ofValues(
        Array.from({ length: 1000 }, (_, n) => `{"id":"${id(n)}"}`),
        cutter,
      )
    ofIds(() => 'always the same')
    ofIds((n) => `one of its own ${n}`)
    ofIds((n) => `another one of its own ${n}`)
    expect(cutter.table().texts).toEqual([])
  })

  it('keeps of a long payload no more than the text that is held', () => {
    const held: unknown[] = []
    const before = usedBytes()
    for (let n = 0; n < 200; n += 1) {
      const long = `{"id":"a-text-of-its-own-${'x'.repeat(70)}-${n}","rest":"${'y'.repeat(200_000)}"}`
      held.push((ofOne(long) as { id: string }).id)
    }
    expect(usedBytes() - before).toBeLessThan(10_000_000)
    expect(held).toHaveLength(200)
  })

  it('knows the names of one type apart from those of another', () => {
    const cutter = new ValueCutter()
    for (let n = 0; n < 100; n += 1)
      expect(ofValues([`{"first-${n}":1}`], cutter, `type-${n}`)).toEqual([{ [`first-${n}`]: 1 }])
  })

  it('gives up noting names where they are data, and begins anew', () => {
    const cutter = new ValueCutter()
    const payloads = Array.from(
      { length: 6000 },
      (_, n) => `{"a-${n % 15}":{},"b-${n % 225}":1,"c-${n % 3375}":2,"d-${n}":3}`,
    )
    const found = ofValues(payloads, cutter)
    expect(found.slice(0, 1000)).toEqual(payloads.slice(0, 1000).map((text) => JSON.parse(text)))
    expect(found.at(-1)).toBeNull()
    expect(ofValues(['{"a":1,"b":"c"}'], cutter)).toEqual([{ a: 1, b: 'c' }])
    expect(cutter.table().shapeOf).not.toContain(NOT_CUT)
  })
})
