import * as z from 'zod'
import { day, defineProjection } from '../../../src/index.ts'
import { completed, landed } from './events.ts'

/** How many customers came on a day, each counted once. */
export default defineProjection({
  version: 1,
  events: [landed, completed],
  memory: {
    key: { day: z.iso.date(), customer: z.string() },
    row: { isCounted: z.boolean().default(false) },
    at: ({ meta, payload }) => ({ day: day(meta.created_at, 'UTC'), customer: payload.customer }),
    when: {
      '*': (memory) => {
        memory.isCounted = true
      },
    },
  },
  key: { day: z.iso.date() },
  row: { customers: z.int().default(0) },
  at: ({ meta }, { isCounted }) => (isCounted ? null : { day: day(meta.created_at, 'UTC') }),
  when: {
    '*': (row) => {
      row.customers += 1
    },
  },
})
