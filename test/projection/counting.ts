import * as z from 'zod'
import { defineEvent, defineProjection } from '../../src/index.ts'
import type { TestEvent } from './workspace.ts'

/** A type and a report that tests can read at a glance. */
export const counted = defineEvent({
  type: 'counted',
  service: 'test',
  payload: z.object({ by: z.int(), fail: z.boolean().optional() }),
})
export const other = defineEvent({ type: 'other', service: 'test', payload: z.object({}) })

/** Per aggregate: the sum, and a trace of the order in which the events came. */
export const counting = defineProjection({
  version: 1,
  events: [counted],
  key: { counter: z.string() },
  row: { sum: z.int().default(0), trace: z.string().default('') },
  at: (event) => ({ counter: event.meta.aggregate_id }),
  when: {
    counted: (row, event) => {
      // half done when it throws
      row.sum += event.payload.by
      if (event.payload.fail === true) throw new Error('this one cannot be counted')
      row.trace += `${event.payload.by} `
    },
  },
})

export function count(aggregate_id: string, by: number, fail?: boolean): TestEvent {
  const created_at = '2016-01-01T12:00:00Z'
  return counted({ aggregate_id, created_at, payload: { by, ...(fail === undefined ? {} : { fail }) } })
}
export function noise(): TestEvent {
  return other({ aggregate_id: 'x', created_at: '2016-01-01T12:00:00Z', payload: {} })
}
