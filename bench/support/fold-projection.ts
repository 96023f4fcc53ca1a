import * as z from 'zod'
import { defineProjection } from '../../src/index.ts'
import { RARE_TYPE } from './dumps.ts'
import { ROWS } from './fold.ts'

interface Row {
  events: number
  attempts: number
  last?: Date | undefined
  country: string
}

const shape = {
  version: 1,
  key: { bucket: z.int() },
  row: {
    events: z.int().default(0),
    attempts: z.int().default(0),
    last: z.date().optional(),
    country: z.string().default(''),
  },
  at: (event: { meta: { aggregate_id: string } }) => ({
    bucket: Number(event.meta.aggregate_id.slice('payment/'.length)) % ROWS,
  }),
}

function apply(row: Row, event: { meta: { created_at: Date }; payload: Record<string, unknown> }): void {
  row.events += 1
  row.attempts += event.payload['attempt'] as number
  row.last = event.meta.created_at
  row.country = event.payload['country'] as string
}

/** The fold of fold.ts as a projection, over all types. */
export const all = defineProjection({
  ...shape,
  events: ['*'],
  when: { '*': (row, event) => apply(row as Row, event as never) },
})

/** Over the type that few events have. */
export const rare = defineProjection({
  ...shape,
  events: [RARE_TYPE],
  when: { [RARE_TYPE]: (row, event) => apply(row as Row, event as never) },
})
