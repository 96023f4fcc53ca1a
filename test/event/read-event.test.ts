import { describe, expect, it } from 'vitest'
import { EventError } from '../../src/event/assemble.ts'
import { readPayload } from '../../src/event/payload.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { MAX_NESTING, nested } from '../support/arbitrary-json.ts'

const META = {
  service: 'core',
  type: 'paid',
  created_at: '2016-01-01T12:00:00.000Z',
  aggregate_id: 'payment/1',
}
const ID = '20ec0521-d127-4038-92ed-a4196c33705b'

function eventText(payload: string, meta: object = META): string {
  return `{"id":"${ID}","meta":${JSON.stringify(meta)},"payload":${payload}}`
}

function refusal(text: string, options = {}): string {
  try {
    readEvent(text, { receivedAt: 0, ...options })
  } catch (error) {
    if (error instanceof EventError) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('it was accepted')
}

describe('readEvent keeps', () => {
  it.each([
    ['key order and integer-like keys', '{"b":1,"1":2,"0":3}'],
    ['__proto__ and empty keys', '{"__proto__":{"x":1},"":{"":""}}'],
    ['integers beyond 2^53', '{"n":9007199254740993}'],
    ['400 digits', `{"n":${'7'.repeat(400)}}`],
    ['1.0, 1E+2 and -0 as they are', '{"a":1.0,"b":1E+2,"c":-0}'],
    ['emoji', '{"🎉":"👩‍👩‍👧"}'],
    ['a NUL in a value', '{"a":"\\u0000"}'],
    [`${MAX_NESTING} levels`, nested(MAX_NESTING)],
  ])('%s', (_, payload) => {
    expect(readEvent(eventText(payload), { receivedAt: 0 }).payload).toBe(payload)
  })

  it('members of meta that it does not know, in their order', () => {
    const event = readEvent(eventText('{}', { zebra: 1, ...META, apple: [1, 2] }), { receivedAt: 0 })
    expect(event.metaExtra).toBe('{"zebra":1,"apple":[1,2]}')
  })
})

describe('readEvent refuses', () => {
  it.each([
    ['the same key twice', '{"a":1,"a":1}', 'duplicate-key'],
    ['the same key twice, escaped', '{"a":1,"\\u0061":1}', 'duplicate-key'],
    ['a NUL in a key', '{"a\\u0000":1}', 'nul-in-key'],
    ['a lone surrogate', '{"a":"\\ud83d"}', 'lone-surrogate'],
    ['a lone surrogate in a key', '{"\\udc00":1}', 'lone-surrogate'],
    ['one level too many', nested(MAX_NESTING + 1), 'nesting'],
    ['1,000 levels of arrays', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'nesting'],
    ['100,000 levels', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'nesting'],
    ['an array as payload', '[]', 'invalid-payload'],
    ['a truncated text', '{"a":1', 'invalid-json'],
    ['NaN', '{"a":NaN}', 'invalid-json'],
  ])('%s', (_, payload, code) => {
    expect(refusal(eventText(payload))).toMatch(new RegExp(`^${code}: `))
  })

  it('the same key twice in meta and at the top', () => {
    const text = eventText('{}')
    expect(refusal(text.replace('"type":"paid"', '"type":"paid","type":"paid"'))).toContain(
      '"type" stands twice',
    )
    expect(refusal(text.replace('"payload":{}', '"payload":{},"payload":{}'))).toContain(
      '"payload" stands twice',
    )
  })

  it('an envelope that is not one, naming the member', () => {
    expect(refusal(eventText('{}').replace(ID, 'nonsense'))).toBe(
      'invalid-id: id: expected a UUID, got "nonsense"',
    )
    expect(refusal(eventText('{}', { ...META, service: '' }))).toContain('meta.service')
    expect(refusal(eventText('{}', { ...META, created_at: '2016-01-01T12:00:00' }))).toContain('has no zone')
    expect(refusal(eventText('{}', { ...META, created_at: '2015-02-29T12:00:00Z' }))).toContain(
      'invalid-time',
    )
    expect(refusal('{"id":1,"payload":{}}')).toContain('meta: expected an object, got nothing')
    expect(refusal(eventText('{}').replace('{"id"', '{"extra":1,"id"'))).toContain('unknown-member: "extra"')
    expect(refusal('[1]')).toContain('got an array')
  })

  it.each([
    ['"secret"', 'a text'],
    ['7777', 'a number'],
    ['true', 'a boolean'],
    ['null', 'null'],
    ['["secret"]', 'an array'],
  ])('what stands for an event or its payload, without a word of it: %s', (text, kind) => {
    expect(refusal(text)).toBe(`invalid-envelope: expected an event, {"id", "meta", "payload"}, got ${kind}`)
    expect(refusal(eventText(text))).toBe(`invalid-payload: payload: expected an object, got ${kind}`)
    expect(() => readPayload(text, 'Data')).toThrow(`Data: expected an object, got ${kind}`)
  })

  it('unknown members of meta where strict is set', () => {
    expect(refusal(eventText('{}', { ...META, trace: 1 }), { strict: true })).toContain('meta.trace')
  })
})

describe('a time that an offset carries out of the years 0000 to 9999 in UTC', () => {
  it.each(['0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-12:00'])('is refused: %s', (created_at) => {
    expect(refusal(eventText('{}', { ...META, created_at }))).toBe(
      'invalid-time: meta.created_at: expected a time in the years 0000 to 9999, in UTC',
    )
  })

  it.each(['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])('but %s is kept', (created_at) => {
    const { createdAt } = readEvent(eventText('{}', { ...META, created_at }), { receivedAt: 0 })
    expect(new Date(createdAt).toISOString()).toBe(created_at)
  })
})
