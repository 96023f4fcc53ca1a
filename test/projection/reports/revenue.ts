import * as z from 'zod'
import { add, day, decimal, defineProjection, negate } from '../../../src/index.ts'
import { paid, refunded } from './events.ts'

/**
 * Revenue per country, operator and day of the payment. A refund knows its payment alone, and may come before it:
 * then it is remembered, and the payment brings it along.
 */
export default defineProjection({
  version: 1,
  events: [paid, refunded],
  memory: {
    key: { payment: z.string() },
    row: {
      country: z.string().optional(),
      operator: z.string().optional(),
      day: z.iso.date().optional(),
      refunds: z.int().default(0),
      refunded: decimal(4).default('0'),
    },
    at: (event) => ({ payment: event.meta.aggregate_id }),
    when: {
      'payment-received': (memory, event) => {
        memory.country = event.payload.country
        memory.operator = event.payload.operator
        memory.day = day(event.meta.created_at, 'Europe/Amsterdam')
      },
      'payment-refunded': (memory, event) => {
        memory.refunds += 1
        memory.refunded = add(memory.refunded, event.payload.amount)
      },
    },
  },
  key: { country: z.string(), operator: z.string(), day: z.iso.date() },
  row: {
    payments: z.int().default(0),
    refunds: z.int().default(0),
    gross: decimal(4).default('0'),
    net: decimal(4).default('0'),
  },
  at: {
    'payment-received': ({ meta, payload }) => ({
      country: payload.country,
      operator: payload.operator,
      day: day(meta.created_at, 'Europe/Amsterdam'),
    }),
    'payment-refunded': (_event, { country, operator, day: on }) =>
      country === undefined || operator === undefined || on === undefined
        ? null
        : { country, operator, day: on },
  },
  when: {
    'payment-received': (row, event, before) => {
      row.payments += 1
      row.refunds += before.refunds
      row.gross = add(row.gross, event.payload.amount)
      row.net = add(row.net, event.payload.amount, negate(before.refunded))
    },
    'payment-refunded': (row, event) => {
      row.refunds += 1
      row.net = add(row.net, negate(event.payload.amount))
    },
  },
})
