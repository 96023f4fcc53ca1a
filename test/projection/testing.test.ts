import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { defineEvent, defineProjection } from '../../src/index.ts'
import { otherOrders } from '../../src/projection/orders.ts'
import { testProjection } from '../../src/testing.ts'
import { count, counted, counting, noise } from './counting.ts'

describe('testProjection', () => {
  test('gives the rows that people would see, by key, and what the others wait for', () => {
    expect(testProjection(counting, [count('b', 1), noise(), count('a', 2), count('b', 3)])).toEqual({
      rows: [
        { counter: 'a', sum: 2, trace: '2 ' },
        { counter: 'b', sum: 4, trace: '1 3 ' },
      ],
      waiting: {},
    })
  })

  test('with any order names the first order that gives another report, and the difference', () => {
    const [one, two] = [count('a', 1), count('a', 2)]
    expect(() => testProjection(counting, [one, two], { order: 'any' })).toThrow(
      new RegExp(
        `in the row counter=a, 'trace' is "2 1 ", and was "1 2 "[^]*1\\. counted of a \\(${two.id}\\)`,
        'u',
      ),
    )
    const sums = defineProjection({
      version: 1,
      events: [counted],
      key: { counter: z.string() },
      row: { sum: z.int().default(0) },
      at: (event) => ({ counter: event.meta.aggregate_id }),
      when: { counted: (row, { payload }) => void (row.sum += payload.by) },
    })
    const many = Array.from({ length: 12 }, (_, i) => count('a', i))
    expect(testProjection(sums, many, { order: 'any' }).rows).toEqual([{ counter: 'a', sum: 66 }])
  })

  test('finds an order among many events that only two neighbours show', () => {
    const last = defineProjection({
      version: 1,
      events: [counted],
      key: { counter: z.string() },
      row: { bad: z.boolean().default(false), previous: z.int().optional() },
      at: (event) => ({ counter: event.meta.aggregate_id }),
      when: {
        counted: (row, { payload }) => {
          if (row.previous === 8 && payload.by === 7) row.bad = true
          row.previous = payload.by === 8 ? 8 : undefined
          if (payload.by === 11) row.previous = undefined
        },
      },
    })
    const events = Array.from({ length: 12 }, (_, i) => count('a', i))
    expect(() => testProjection(last, events, { order: 'any' })).toThrow(/Another order of arrival/u)
  })

  test('says where a handler throws', () => {
    const bad = count('a', 1, true)
    expect(() => testProjection(counting, [bad])).toThrow(
      expect.objectContaining({
        code: 'DEMETRA_PROJECTION_FAILED',
        message: expect.stringContaining(bad.id),
      }),
    )
  })

  test('finds rows that would not come back from a database as they went in', () => {
    const projection = defineProjection({
      version: 1,
      events: [counted],
      key: { counter: z.string() },
      row: { seen: z.unknown().optional(), days: z.int().optional() },
      at: (event) => ({ counter: event.meta.aggregate_id }),
      when: {
        counted: (row, { meta }) => {
          // a Date in a nested value is text once it was stored
          if (row.seen instanceof Date) row.days = row.seen.getDate()
          row.seen = meta.created_at
        },
      },
    })
    expect(() => testProjection(projection, [count('a', 1), count('a', 2)])).toThrow(
      /does not come back from a database/u,
    )
  })

  test('takes events of old shapes, big integers and types that are known by name', () => {
    const started = defineEvent({
      type: 'started',
      formerly: ['begun'],
      payload: z.object({ n: z.union([z.int(), z.bigint()]) }),
      upcast: [(payload) => ({ n: 1, ...payload })],
    })
    const projection = defineProjection({
      version: 1,
      events: ['started'],
      key: { id: z.string() },
      row: { n: z.bigint() },
      at: (event) => ({ id: event.meta.aggregate_id }),
      when: { started: (row, { payload }) => void (row.n = BigInt(payload['n'] as number)) },
    })
    const meta = { created_at: '2016-01-01T00:00:00Z' }
    const events = [
      { meta: { ...meta, type: 'begun', aggregate_id: 'a' }, payload: {} },
      { meta: { ...meta, type: 'started', aggregate_id: 'b' }, payload: { n: 2n ** 60n } },
    ]
    expect(testProjection(projection, events, { eventTypes: [started] }).rows).toEqual([
      { id: 'a', n: 1n },
      { id: 'b', n: 2n ** 60n },
    ])
  })
})

describe('other orders', () => {
  test('of few are all of them but the given one', () => {
    const orders = [...otherOrders([1, 2, 3])].map(String)
    expect(orders.toSorted()).toEqual(['1,3,2', '2,1,3', '2,3,1', '3,1,2', '3,2,1'])
    expect([...otherOrders([1])]).toEqual([])
    expect([...otherOrders([])]).toEqual([])
  })

  test('of many are permutations, the same every time', () => {
    const items = Array.from({ length: 20 }, (_, i) => i)
    const orders = [...otherOrders(items)]
    expect(orders.map(String)).toEqual([...otherOrders(items)].map(String))
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(items)
    expect(orders.map(String)).toContain(String(items.toReversed()))
    expect(new Set(orders.map(String)).size).toBeGreaterThan(300)
  })
})
