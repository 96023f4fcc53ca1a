import { createHash } from 'node:crypto'
import * as z from 'zod'
import { defineProjection } from '../../../src/index.ts'

/**
 * A row for each aggregate, and one for the whole log: each depends on all its events and on their order. `of`: read by
 * type or as they come, which are two ways through the log.
 */
export const chain = (of: 'order-placed' | '*') =>
  defineProjection({
    version: 1,
    events: [of],
    key: { part: z.string() },
    row: { events: z.int().default(0), chain: z.string().default('') },
    at: (event) => [{ part: 'all' }, { part: event.meta.aggregate_id }],
    when: {
      [of]: (row: { events: number; chain: string }, event: { id: string }) => {
        row.events += 1
        row.chain = createHash('sha1')
          .update(row.chain + event.id)
          .digest('hex')
      },
    },
  })
