import * as z from 'zod'
import { defineProjection } from '../../../src/index.ts'

/** How often is A followed by B, inside whatever it happens to? */
export default defineProjection({
  version: 1,
  events: ['*'],
  memory: {
    key: { aggregate: z.string() },
    row: { last: z.string().optional() },
    at: (event) => ({ aggregate: event.meta.aggregate_id }),
    when: {
      '*': (memory, event) => {
        memory.last = event.meta.type
      },
    },
  },
  key: { from: z.string(), to: z.string() },
  row: { count: z.int().default(0), latest: z.date() },
  at: (event, { last }) => (last === undefined ? null : { from: last, to: event.meta.type }),
  when: {
    '*': (row, event) => {
      row.count += 1
      const { created_at } = event.meta
      if (row.latest === undefined || row.latest < created_at) row.latest = created_at
    },
  },
})
