import { decimal, defineProjection } from 'demetra'
import * as z from 'zod'
import completed from '../events/purchase-completed.ts'
import landed from '../events/purchase-landed.ts'

/**
 * One row for each purchase. Events arrive in any order: a purchase that is completed before it landed waits, and
 * nobody sees it until `landed_at` is set.
 */
export default defineProjection({
  version: 1,
  events: [landed, completed],
  key: { purchase: z.string() },
  row: {
    landed_at: z.date(), // required: the row is hidden until it is set
    completed_at: z.date().optional(),
    product: z.string().optional(),
    country: z.string().optional(),
    amount: decimal(4).optional(),
    currency: z.string().optional(),
  },
  at: (event) => ({ purchase: event.meta.aggregate_id }),
  when: {
    'purchase-landed': (row, event) => {
      row.landed_at = event.meta.created_at
      row.product = event.payload.product
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
