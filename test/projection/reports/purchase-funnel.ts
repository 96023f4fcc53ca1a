import * as z from 'zod'
import { decimal, defineProjection } from '../../../src/index.ts'
import { completed, landed } from './events.ts'

/** One row for each purchase; nobody sees one that did not land yet. */
export default defineProjection({
  version: 1,
  events: [landed, completed],
  key: { purchase: z.string() },
  row: {
    landed_at: z.date(),
    country: z.string().optional(),
    completed_at: z.date().optional(),
    amount: decimal(4).optional(),
    currency: z.string().optional(),
  },
  indexes: ['country', ['country', 'landed_at']],
  at: (event) => ({ purchase: event.meta.aggregate_id }),
  when: {
    'purchase-landed': (row, event) => {
      row.landed_at = event.meta.created_at
      row.country = event.payload.country
    },
    'purchase-completed': (row, event) => {
      row.completed_at = event.meta.created_at
      const [amount, currency] = event.payload.amount.split('/')
      row.amount = amount
      row.currency = currency
    },
  },
})
