import * as z from 'zod'
import { day, defineProjection } from '../../../src/index.ts'
import { ended, started } from './events.ts'

/**
 * Subscriptions per service and day: begun, ended, and how many were active after the day's last event of the log.
 * The memory counts per service. Churn: of those that were there when the day was first heard of.
 */
export default defineProjection({
  version: 1,
  events: [started, ended],
  memory: {
    key: { service: z.string() },
    row: { active: z.int().default(0) },
    at: (event) => ({ service: event.payload.service }),
    when: {
      'subscription-started': (memory) => {
        memory.active += 1
      },
      'subscription-ended': (memory) => {
        memory.active -= 1
      },
    },
  },
  key: { service: z.string(), day: z.iso.date() },
  row: {
    before: z.int().optional(),
    started: z.int().default(0),
    ended: z.int().default(0),
    active: z.int().default(0),
    churn: z.number().optional(),
  },
  hide: ['before'],
  at: (event) => ({ service: event.payload.service, day: day(event.meta.created_at, 'UTC') }),
  when: {
    'subscription-started': (row, _event, { active }) => {
      row.before ??= active
      row.started += 1
      row.active = active + 1
    },
    'subscription-ended': (row, _event, { active }) => {
      row.before ??= active
      row.ended += 1
      row.active = active - 1
    },
    '*': (row) => {
      if (row.before !== undefined && row.before > 0) row.churn = row.ended / row.before
    },
  },
})
