import * as z from 'zod'
import { add, decimal, defineProjection } from '../../../src/index.ts'
import { paid, started } from './events.ts'

/** What each plan brings in. A payment knows its subscription by correlation alone, and comes first as a rule. */
export default defineProjection({
  version: 1,
  events: [started, paid],
  memory: {
    key: { correlation: z.string() },
    row: {
      plan: z.string().optional(),
      payments: z.int().default(0),
      amount: decimal(4).default('0'),
    },
    at: ({ meta }) => (meta.correlation_id === undefined ? null : { correlation: meta.correlation_id }),
    when: {
      'subscription-started': (memory, event) => {
        memory.plan = event.payload.plan
      },
      'payment-received': (memory, event) => {
        memory.payments += 1
        memory.amount = add(memory.amount, event.payload.amount)
      },
    },
  },
  key: { plan: z.string() },
  row: {
    subscriptions: z.int().default(0),
    payments: z.int().default(0),
    amount: decimal(4).default('0'),
  },
  at: {
    'subscription-started': (event) => ({ plan: event.payload.plan }),
    'payment-received': (_event, { plan }) => (plan === undefined ? null : { plan }),
  },
  when: {
    'subscription-started': (row, _event, before) => {
      row.subscriptions += 1
      row.payments += before.payments
      row.amount = add(row.amount, before.amount)
    },
    'payment-received': (row, event) => {
      row.payments += 1
      row.amount = add(row.amount, event.payload.amount)
    },
  },
  complete: (row) => row.payments > 0,
})
