import { expect, test } from 'vitest'
import { EventReader } from '../../src/event/domain-event.ts'
import type { StoredEvent } from '../../src/event/event.ts'

const STORED: StoredEvent = {
  id: new Uint8Array(16).map((_, i) => i * 17),
  service: 'core',
  type: 't',
  createdAt: 1000,
  receivedAt: 1200,
  aggregateId: 'a/1',
  correlationId: null,
  metaExtra: null,
  payload: '{}',
  digest: new Uint8Array(16),
  position: 1n,
}
const read = (more: Partial<StoredEvent>) => new EventReader().read({ ...STORED, ...more })

test('handlers see the envelope with times as Date', () => {
  expect(read({ payload: '{"a":[1]}' })).toEqual({
    id: '00112233-4455-6677-8899-aabbccddeeff',
    meta: {
      service: 'core',
      type: 't',
      created_at: new Date(1000),
      received_at: new Date(1200),
      aggregate_id: 'a/1',
    },
    payload: { a: [1] },
  })
  expect(Object.keys(read({}).meta)).not.toContain('correlation_id')
  expect(read({ correlationId: 'c/1' }).meta.correlation_id).toBe('c/1')
})

test('other members of meta stand beside it, and never instead of it', () => {
  const { meta } = read({ metaExtra: '{"tenant":9007199254740993,"__proto__":{"x":1},"type":"fake"}' })
  expect(meta['tenant']).toBe(9007199254740993n)
  expect(meta.type).toBe('t')
  expect(Object.getPrototypeOf(meta)).toBe(Object.prototype)
  expect(Object.getOwnPropertyDescriptor(meta, '__proto__')?.value).toEqual({ x: 1 })
})

test('integers beyond 2^53 are bigint, everything else is what JSON.parse says', () => {
  const text =
    '{"a":9007199254740991,"b":9007199254740992,"c":-9007199254740993,"d":[12345678901234567890],"e":0.1234567890123456789,"f":1e20,"s":"12345678901234567890","__proto__":{"g":10000000000000000000}}'
  const { payload } = read({ payload: text })
  expect(payload).toMatchObject({
    a: 9007199254740991,
    b: 9007199254740992n,
    c: -9007199254740993n,
    d: [12345678901234567890n],
    e: 0.12345678901234568,
    f: 1e20,
    s: '12345678901234567890',
  })
  expect(Object.getOwnPropertyDescriptor(payload, '__proto__')?.value).toEqual({ g: 10000000000000000000n })
  expect(({} as Record<string, unknown>)['g']).toBeUndefined()
})
