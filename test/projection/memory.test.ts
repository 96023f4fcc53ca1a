import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { defineProjection } from '../../src/index.ts'
import { testProjection, type TestEvent } from '../../src/testing.ts'

/** How often is A followed by B inside a case? */
const handOvers = defineProjection({
  version: 1,
  events: ['*'],
  memory: {
    key: { case: z.string() },
    row: { last: z.string().optional(), path: z.array(z.string()).default([]) },
    at: (event) => (event.meta.aggregate_id === 'nobody' ? null : { case: event.meta.aggregate_id }),
    when: {
      closed: () => null,
      '*': (memory, event) => {
        memory.last = event.meta.type
        memory.path.push(event.meta.type)
      },
    },
  },
  key: { from: z.string(), to: z.string() },
  row: { count: z.int().default(0), steps: z.int().default(0) },
  at: (event, { last }) => (last === undefined ? null : { from: last, to: event.meta.type }),
  when: {
    '*': (row, _event, memory) => {
      row.count += 1
      row.steps += memory.path.length
    },
  },
})

const event = (type: string, aggregate_id = 'case/1'): TestEvent => ({
  meta: { type, aggregate_id, created_at: '2016-01-01T12:00:00Z' },
  payload: {},
})

describe('the memory of a projection', () => {
  test('is seen as it was before the event, by `at` and by the handlers', () => {
    const { rows } = testProjection(handOvers, [event('a'), event('b'), event('a'), event('b')])
    expect(rows).toEqual([
      { from: 'a', to: 'b', count: 2, steps: 4 },
      { from: 'b', to: 'a', count: 1, steps: 2 },
    ])
  })

  test('is kept apart for each key, and is nobody’s where `at` says null', () => {
    const { rows } = testProjection(handOvers, [
      event('a'),
      event('x', 'case/2'),
      event('b'),
      event('y', 'nobody'),
      event('z', 'nobody'),
    ])
    expect(rows).toEqual([{ from: 'a', to: 'b', count: 1, steps: 1 }])
  })

  test('is gone after a handler returned null, and begins anew', () => {
    const { rows } = testProjection(handOvers, [event('a'), event('closed'), event('b'), event('c')])
    expect(rows).toEqual([
      { from: 'a', to: 'closed', count: 1, steps: 1 },
      { from: 'b', to: 'c', count: 1, steps: 1 },
    ])
  })

  test('says which of its functions failed', () => {
    const broken = defineProjection({
      version: 1,
      events: ['*'],
      memory: {
        key: { case: z.string() },
        row: { last: z.string().optional() },
        at: (of) => ({ case: of.meta.aggregate_id }),
        when: {
          '*': () => {
            throw new Error('no')
          },
        },
      },
      key: { all: z.string() },
      row: { count: z.int().default(0) },
      at: () => ({ all: 'all' }),
      when: { '*': (row) => void (row.count += 1) },
    })
    expect(() => testProjection(broken, [event('a')])).toThrow("the handler of 'memory.*' failed: no")
  })

  test.each([
    [{ memory: 1 }, "'memory' is an object"],
    [{ memory: { key: { a: z.string() }, row: {}, at: () => null, wenn: {} } }, "unknown option 'wenn'"],
    [{ hide: ['cont'] }, "'hide' names the column 'cont', which there is not"],
    [{ hide: ['from'] }, 'which is of the key'],
    [{ indexes: [['from', 'nothing']] }, "'indexes' names the column 'nothing'"],
    [{ indexes: 'from' }, "'indexes' is a list"],
  ])('a definition that is wrong is refused: %j', (wrong, message) => {
    const right = {
      version: 1,
      events: ['*'],
      key: { from: z.string() },
      row: { count: z.int().default(0) },
      at: () => null,
      when: { '*': () => undefined },
    }
    expect(() => defineProjection({ ...right, ...wrong } as never)).toThrow(message)
  })
})
