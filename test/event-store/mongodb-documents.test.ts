import fc from 'fast-check'
import { BSON } from 'mongodb'
import { describe, expect, it, test } from 'vitest'
import { EventError } from '../../src/event/assemble.ts'
import type { NewEvent } from '../../src/event/event.ts'
import { writeExact } from '../../src/event/exact-json.ts'
import { readEvent } from '../../src/event/read-event.ts'
import {
  BsonBuffer,
  DOCUMENT_TOO_LARGE,
  MAX_DOCUMENT_BYTES,
} from '../../src/event-store/mongodb/bson-buffer.ts'
import { BsonToJson } from '../../src/event-store/mongodb/bson-to-json.ts'
import {
  EventDocuments,
  readEventDocument,
  readIdOnly,
} from '../../src/event-store/mongodb/event-document.ts'
import { JsonToBson } from '../../src/event-store/mongodb/json-to-bson.ts'
import {
  fromTimestamp,
  positionOf,
  timestampOf,
  toTimestamp,
} from '../../src/event-store/mongodb/position.ts'
import { exactPayload, nested } from '../support/arbitrary-json.ts'
import { eventLine, plainLine } from '../support/events.ts'

const MAX_POSITION = 2n ** 63n - 1n
const position = fc.option(fc.bigInt(1n, MAX_POSITION))
const anyEvent: fc.Arbitrary<NewEvent> = fc
  .tuple(eventLine, position, fc.integer({ min: -(2 ** 45), max: 2 ** 45 }))
  .map(([line, at, receivedAt]) => ({ ...readEvent(line, { receivedAt }), position: at }))

function plainEvent(changes: Partial<NewEvent> = {}): NewEvent {
  return { ...readEvent(plainLine(1), { receivedAt: 1_700_000_000_123 }), position: 5n, ...changes }
}

function documentOf(event: NewEvent, append = 7n): Buffer {
  const documents = new EventDocuments()
  documents.add(event, append)
  return documents.take()
}

const RAW = { promoteValues: false, promoteBuffers: false } as const
const keysOf = (bytes: Buffer): string[] => Object.keys(BSON.deserialize(bytes, RAW))

/** JSON text to BSON and back; null where a number became infinite. */
function throughBson(text: string): { bytes: Buffer; faithful: boolean; back: string | null } {
  const out = new BsonBuffer()
  const faithful = new JsonToBson(out).document(text)
  const bytes = out.take()
  try {
    return { bytes, faithful, back: new BsonToJson().document(bytes, 0) }
  } catch (error) {
    expect(String(error)).toContain('Infinity')
    return { bytes, faithful, back: null }
  }
}

/** What the driver's serializer is given so that it can say the same: Maps keep the order of keys. */
function driverValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Object.is(value, -0))
    return Math.abs(value) < 2 ** 31 ? value : BSON.Long.fromNumber(value)
  if (Array.isArray(value)) return value.map(driverValue)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, member]) => [key, driverValue(member)]))
}

describe('an event as a document', () => {
  test('any event comes back, every field of it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyEvent, fc.bigInt(0n, MAX_POSITION)), { maxLength: 5 }), (events) => {
        const documents = new EventDocuments()
        const sizes = events.map(([event, append]) => documents.add(event, append))
        expect(documents.length).toBe(events.length)
        expect(documents.sizeBytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
        const bytes = documents.take()
        expect([documents.length, documents.sizeBytes]).toEqual([0, 0])
        let at = 0
        for (const [index, [event, append]] of events.entries()) {
          const read = { ...event, position: event.position ?? 0n, append }
          expect(readEventDocument(bytes, at)).toEqual(read)
          expect(readEventDocument(bytes.subarray(at, at + (sizes[index] as number)))).toEqual(read)
          expect(readIdOnly(bytes.subarray(at))).toEqual(event.id)
          at += sizes[index] as number
        }
        expect(at).toBe(bytes.length)
      }),
    )
  })

  it('is what the driver writes of the same document, to the byte', () => {
    const meta = {
      source: 'a"b\n',
      level: 3,
      deep: { list: [1, 2.5, null, true, 'é🎉', {}, [], 5_000_000_000] },
    }
    const payload = {
      ...meta,
      'a.b': -1,
      $x: -0.1,
      '': '',
      big: 9_007_199_254_740_991,
      many: Array.from({ length: 120 }, (_, i) => i),
    }
    const event = plainEvent({
      correlationId: 'tröt/1',
      metaExtra: JSON.stringify(meta),
      payload: JSON.stringify(payload),
      position: 3n * 2n ** 31n + 9n,
    })
    const expected = BSON.serialize(
      new Map<string, unknown>([
        ['_id', new BSON.Binary(event.id, 4)],
        ['position', new BSON.Timestamp({ t: 3, i: 9 })],
        [
          'meta',
          new Map<string, unknown>([
            ['service', event.service],
            ['type', event.type],
            ['created_at', new Date(event.createdAt)],
            ['received_at', new Date(event.receivedAt)],
            ['aggregate_id', event.aggregateId],
            ['correlation_id', event.correlationId],
            ...(driverValue(meta) as Map<string, unknown>),
          ]),
        ],
        ['payload', driverValue(payload)],
        ['digest', new BSON.Binary(event.digest, 0)],
        ['append', 7n],
      ]),
    )
    expect(documentOf(event).toString('hex')).toBe(Buffer.from(expected).toString('hex'))
  })

  it('leaves the position to the server where none is given', () => {
    const stamp = (at: bigint | null): unknown =>
      (BSON.deserialize(documentOf(plainEvent({ position: at }))) as { position: unknown }).position
    expect(stamp(null)).toEqual(new BSON.Timestamp({ t: 0, i: 0 }))
    expect(stamp(0n)).toEqual(new BSON.Timestamp({ t: 0, i: 1 }))
    expect(stamp(MAX_POSITION)).toEqual(new BSON.Timestamp({ t: 0xffff_ffff, i: 0x7fff_ffff }))
  })

  it('gives bytes that stay as they are while the next ones are written', () => {
    const documents = new EventDocuments()
    const taken: [Buffer, string][] = []
    for (let n = 0; n < 3000; n += 1) {
      documents.add(plainEvent({ payload: `{"n":"${'x'.repeat(n % 500)}"}` }), BigInt(n))
      if (n % 7 === 0 || n % 1000 < 3) {
        const bytes = documents.take()
        taken.push([bytes, bytes.toString('latin1')])
      }
    }
    for (const [bytes, text] of taken) expect(bytes.toString('latin1')).toBe(text)
  })

  it('is read into values that do not hold on to its bytes', () => {
    const bytes = documentOf(plainEvent())
    const event = readEventDocument(bytes)
    for (const part of [event.id, event.digest, readIdOnly(bytes)]) {
      expect(part).toHaveLength(16)
      expect(part.buffer).not.toBe(bytes.buffer)
      expect(part.buffer.byteLength).toBe(16)
    }
  })

  it('is read whatever order and additions a hand gave it', () => {
    const event = plainEvent({ correlationId: 'c/1', metaExtra: '{"x":1,"y":[2]}' })
    const raw = BSON.deserialize(documentOf(event), { ...RAW, useBigInt64: false })
    const meta = raw['meta'] as object
    const bytes = BSON.serialize({
      note: new Date(0),
      owner: new BSON.ObjectId('f'.repeat(24)),
      pattern: /a/i,
      ...Object.fromEntries(Object.entries({ ...raw, list: [new BSON.ObjectId()] }).toReversed()),
      meta: Object.fromEntries(Object.entries(meta).toReversed()),
    })
    expect(readEventDocument(Buffer.from(bytes))).toEqual({
      ...event,
      metaExtra: '{"y":[2],"x":1}',
      append: 7n,
    })
  })

  it('is refused where a member is missing or has another type', () => {
    const raw = BSON.deserialize(documentOf(plainEvent()), RAW)
    for (const member of ['position', 'meta', 'payload', 'digest', 'append'])
      for (const value of [undefined, 'x']) {
        const bytes = Buffer.from(BSON.serialize({ ...raw, [member]: value }, { ignoreUndefined: true }))
        expect(() => readEventDocument(bytes), member).toThrow(
          '00000000-0000-4000-8000-000000000001 is not as',
        )
      }
    expect(() => readIdOnly(Buffer.from(BSON.serialize({ _id: 1 })))).toThrow('without a UUID')
  })
})

describe('what BSON cannot say', () => {
  it('stands beside it as text', () => {
    const odd = '{"n":1.0,"m":1e400}'
    const plain = '{"n":1.5}'
    expect(keysOf(documentOf(plainEvent({ payload: plain, metaExtra: plain })))).toEqual(KEYS)
    for (const [metaExtra, payload, keys] of [
      [odd, plain, ['meta_text']],
      [plain, odd, ['payload_text']],
      [odd, odd, ['meta_text', 'payload_text']],
      ['{}', plain, ['meta_text']],
    ] as const) {
      const event = plainEvent({ metaExtra, payload })
      const bytes = documentOf(event)
      expect(keysOf(bytes)).toEqual([...KEYS, ...keys])
      expect(readEventDocument(bytes)).toEqual({ ...event, append: 7n })
    }
    const doc = BSON.deserialize(documentOf(plainEvent({ metaExtra: odd, payload: odd })))
    expect([doc['meta'], doc['payload']]).toMatchObject([
      { n: 1, m: Infinity },
      { n: 1, m: Infinity },
    ])
  })

  it('is only numbers: no text stands beside what is faithful', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const keys = keysOf(documentOf(event))
        const payload = throughBson(event.payload)
        expect(keys.includes('payload_text')).toBe(!payload.faithful)
        const extra = event.metaExtra === null ? null : throughBson(event.metaExtra)
        expect(keys.includes('meta_text')).toBe(extra?.faithful === false)
      }),
    )
  })

  const numbers = (many: number): string => `{"a":[${'1,'.repeat(many)}1]}`

  it('may be its size: the payload is packed', () => {
    for (const payload of [
      `{"a":"${'é'.repeat(MAX_DOCUMENT_BYTES / 2 - 50)}"}`,
      // small as text, large as BSON
      numbers(2_000_000),
      `{"a":1.0,"b":"${'x'.repeat(MAX_DOCUMENT_BYTES / 2)}"}`,
    ]) {
      const event = plainEvent({ payload, metaExtra: '{"x":1.0}' })
      const bytes = documentOf(event)
      expect(bytes.length).toBeLessThan(MAX_DOCUMENT_BYTES)
      const keys = KEYS.filter((key) => key !== 'payload')
      expect(keysOf(bytes)).toEqual([...keys, 'meta_text', 'payload_gzip'])
      const read = readEventDocument(bytes)
      expect(read.payload === payload).toBe(true)
      expect({ ...read, payload: '' }).toEqual({ ...event, payload: '', append: 7n })
    }
  })

  it('is packed from one byte above the limit', () => {
    const payload = (length: number): string => `{"a":"${'x'.repeat(length)}"}`
    const room = MAX_DOCUMENT_BYTES - documentOf(plainEvent({ payload: payload(0) })).length
    const documents = new EventDocuments()
    expect(documents.add(plainEvent({ payload: payload(room) }), 7n)).toBe(MAX_DOCUMENT_BYTES)
    expect(keysOf(documents.take())).toEqual(KEYS)
    documents.add(plainEvent({ payload: payload(room + 1) }), 7n)
    expect(keysOf(documents.take())).toContain('payload_gzip')
  })

  it('is not packed because others went before it', () => {
    const documents = new EventDocuments()
    for (let n = 0; n < 36; n += 1)
      documents.add(plainEvent({ payload: `{"a":"${'x'.repeat(1024 * 1024)}"}` }), 7n)
    const bytes = documents.take()
    expect(bytes.length).toBeGreaterThan(36 * 1024 * 1024)
    expect(bytes.includes('payload_gzip')).toBe(false)
  })

  it('is given up before it takes many times the limit in memory', () => {
    const out = new BsonBuffer()
    expect(() => new JsonToBson(out).document(numbers(8_000_000))).toThrow(DOCUMENT_TOO_LARGE)
    expect(out.bytes.length).toBeLessThan(8 * MAX_DOCUMENT_BYTES)
  })

  it('may be the size of the extras: they are left to their text', () => {
    const event = plainEvent({ metaExtra: numbers(2_000_000) })
    const bytes = documentOf(event)
    expect(bytes.length).toBeLessThan(MAX_DOCUMENT_BYTES)
    expect(readEventDocument(bytes).metaExtra === event.metaExtra).toBe(true)
  })

  it('is refused where nothing helps, and leaves the others alone', () => {
    const documents = new EventDocuments()
    const size = documents.add(plainEvent(), 7n)
    const huge = plainEvent({ aggregateId: 'x'.repeat(MAX_DOCUMENT_BYTES) })
    expect(() => documents.add(huge, 7n)).toThrow(EventError)
    expect([documents.length, documents.sizeBytes]).toEqual([1, size])
    documents.add(plainEvent(), 7n)
    const bytes = documents.take()
    expect(bytes.length).toBe(2 * size)
    expect(readEventDocument(bytes, size)).toEqual(readEventDocument(bytes))
  })
})

const KEYS = ['_id', 'position', 'meta', 'payload', 'digest', 'append']

describe('JSON as BSON', () => {
  const numbers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

  test('any text comes back where it is said to', () => {
    fc.assert(
      fc.property(exactPayload.map(writeExact), (text) => {
        const { bytes, faithful, back } = throughBson(text)
        // the driver can read it
        BSON.deserialize(bytes, { useBigInt64: true })
        expect(back === text).toBe(faithful)
      }),
      { numRuns: 500 },
    )
  })

  test('plain values mean the same to the driver', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const object = JSON.parse(JSON.stringify(value).replaceAll(/\\u0000/g, '')) as object
        const { bytes, faithful } = throughBson(JSON.stringify(object))
        expect(faithful).toBe(true)
        expect(JSON.parse(JSON.stringify(BSON.deserialize(bytes, { useBigInt64: true }), numbers))).toEqual(
          object,
        )
      }),
    )
  })

  test.each([
    ['0', 'int'],
    ['-1', 'int'],
    ['2147483647', 'int'],
    ['-2147483648', 'int'],
    ['2147483648', 'long'],
    ['-2147483649', 'long'],
    ['999999999999999', 'long'],
    ['-4294967296', 'long'],
    ['1000000000000000', 'long'],
    ['9007199254740993', 'long'],
    ['-9007199254740993', 'long'],
    ['9223372036854775807', 'long'],
    ['-9223372036854775808', 'long'],
    ['10000000000000000000', 'double'],
    ['9223372036854775808', null],
    ['-9223372036854775809', null],
    ['123456789012345678901234567890', null],
    ['-0', 'double'],
    ['-0.0', null],
    ['0.0', null],
    ['0.1', 'double'],
    ['-12.34', 'double'],
    ['1.0', null],
    ['1.10', null],
    ['100.5', 'double'],
    ['0.000001', 'double'],
    ['0.0000001', null],
    ['1e-7', 'double'],
    ['0.00000012', null],
    ['1.2e-7', 'double'],
    ['123456789.012345', 'double'],
    ['0.30000000000000004', 'double'],
    ['0.300000000000000041', null],
    ['1e21', null],
    ['1e+21', 'double'],
    ['1E+21', null],
    ['1E+2', null],
    ['1.5e3', null],
    ['5e-324', 'double'],
    ['1.7976931348623157e+308', 'double'],
  ])('the number %s is kept as %s', (number, type) => {
    for (const text of [`{"a":${number}}`, `{"a":[${number},${number}],"b":1}`]) {
      const { bytes, faithful, back } = throughBson(text)
      expect(faithful).toBe(type !== null)
      if (type !== null) expect(back).toBe(text)
      if (text.includes('[')) continue
      expect({ 1: 'double', 16: 'int', 18: 'long' }[bytes[4] as number]).toBe(type ?? 'double')
      const { a } = BSON.deserialize(bytes, { useBigInt64: true }) as { a: number | bigint }
      expect(type === 'long' ? a : Object.is(a, Number(number))).toBe(type === 'long' ? BigInt(number) : true)
    }
  })

  test.each([
    ['{}'],
    ['{"a":[],"b":{},"c":[[],[{}]]}'],
    [JSON.stringify({ a: '\u0000', b: 'x\u0000y', c: '\u001f\u0001', d: '"\\/\b\f\n\r\t', e: '\u007f' })],
    [JSON.stringify({ é: '🎉', '🎉': 'é\u2028\ufffd', ['"\n\u0001']: 1 })],
    ['{"":"","a":{"":{"":0}}}'],
    ['{"__proto__":{"__proto__":1},"constructor":2,"_bsontype":"ObjectId","toBSON":3}'],
    ['{"b":1,"1":2,"0":3,"-1":4,"01":5}'],
    ['{"$a.b":1,"$":2,".":3,"a.b":4}'],
    [nested(100)],
    [`{"a":${'['.repeat(101)}${']'.repeat(101)}}`],
    [JSON.stringify({ a: 'x'.repeat(300_000), b: 'é'.repeat(300_000), c: '\n\u0001'.repeat(300_000) })],
    [JSON.stringify({ a: '\u0001'.repeat(20_000), ['k'.repeat(70_000)]: '"'.repeat(70_000) })],
    [JSON.stringify({ a: Array.from({ length: 100_100 }, (_, i) => i % 10) })],
    [JSON.stringify({ a: Array.from({ length: 20_000 }, (_, i) => i / 7) })],
    [`{${Array.from({ length: 23_000 }, (_, i) => `"${10_000 + i}":{}`).join(',')}}`],
    [JSON.stringify({ a: Array.from({ length: 20_000 }, (_, i) => i % 2 === 0) })],
  ])('%# comes back', (text) => {
    const { bytes, faithful, back } = throughBson(text)
    expect(faithful).toBe(true)
    expect(back === text).toBe(true)
    BSON.deserialize(bytes)
  })

  test('what is no JSON text of an event is refused', () => {
    for (const text of [
      '',
      '{',
      '{"',
      '{"a',
      '{"a"',
      '{"a":',
      '{"a":1,',
      '{"a":"\\',
      '{"a":"\\u',
      '{"a":[',
      '{"a":[1,',
      '{"a":"',
      '{"a":1',
      '{"a":1}}',
      '{"a" :1}',
      '{"a":[1',
    ])
      expect(() => new JsonToBson(new BsonBuffer()).document(text), text).toThrow('JSON')
  })

  test.each([
    ['a Date', { a: { when: new Date(0) } }, 'no Date, as the member "when" is'],
    ['an ObjectId', { b: [1, new BSON.ObjectId()] }, 'no ObjectId, as the member "1" is'],
    ['a Decimal128', { 'é"': BSON.Decimal128.fromString('1') }, 'no Decimal128, as the member "é\\""'],
    ['NaN', { c: NaN }, 'no NaN, as the member "c" is'],
    ['an unknown type', { d: new BSON.MinKey() }, 'no MinKey, as the member "d" is'],
  ])('%s that a hand put there is refused', (_, value, message) => {
    const bytes = Buffer.from(BSON.serialize(value))
    expect(() => new BsonToJson().document(bytes, 0)).toThrow(message)
  })
})

test('positions are timestamps in the same order', () => {
  const any = fc.bigInt(0n, MAX_POSITION)
  fc.assert(
    fc.property(any, any, (a, b) => {
      const { t, i } = timestampOf(a)
      expect(BigInt(t) * 2n ** 31n + BigInt(i)).toBe(a)
      expect(i).toBeLessThan(2 ** 31)
      expect(positionOf(t, i)).toBe(a)
      const timestamp = toTimestamp(a, BSON.Timestamp)
      expect([timestamp.t, timestamp.i]).toEqual([t, i])
      expect(fromTimestamp(timestamp)).toBe(a)
      expect(timestamp.lessThan(toTimestamp(b, BSON.Timestamp))).toBe(a < b)
    }),
  )
})
