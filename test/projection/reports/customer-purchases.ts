import * as z from 'zod'
import { defineProjection } from '../../../src/index.ts'
import { completed, erased, landed, returned } from './events.ts'

/**
 * Each customer's purchases. One who is erased has none, and gets none by what is heard of late; one who comes back
 * begins anew.
 */
export default defineProjection({
  version: 1,
  events: [landed, completed, erased, returned],
  memory: {
    key: { customer: z.string() },
    row: { purchases: z.array(z.string()).default([]), isErased: z.boolean().default(false) },
    at: {
      'purchase-landed': ({ payload }) => ({ customer: payload.customer }),
      'purchase-completed': ({ payload }) => ({ customer: payload.customer }),
      '*': ({ meta }) => ({ customer: meta.aggregate_id }),
    },
    when: {
      'customer-erased': (memory) => {
        memory.purchases = []
        memory.isErased = true
      },
      // nothing where nobody was erased: what was bought must be known at the next erasure
      'customer-returned': ({ isErased }) => (isErased ? null : undefined),
      'purchase-landed': remember,
      'purchase-completed': remember,
    },
  },
  key: { customer: z.string(), purchase: z.string() },
  row: { country: z.string().optional(), paid: z.boolean().default(false) },
  at: {
    'customer-erased': (event, { purchases }) =>
      purchases.map((purchase) => ({ customer: event.meta.aggregate_id, purchase })),
    'customer-returned': () => null,
    'purchase-landed': ({ meta, payload }, { isErased }) =>
      isErased ? null : { customer: payload.customer, purchase: meta.aggregate_id },
    'purchase-completed': ({ meta, payload }, { isErased }) =>
      isErased ? null : { customer: payload.customer, purchase: meta.aggregate_id },
  },
  when: {
    'purchase-landed': (row, event) => {
      row.country = event.payload.country
    },
    'purchase-completed': (row) => {
      row.paid = true
    },
    'customer-erased': () => null,
  },
})

interface Customer {
  purchases: string[]
  isErased: boolean
}

function remember({ purchases, isErased }: Customer, { meta }: { meta: { aggregate_id: string } }): void {
  if (!isErased && !purchases.includes(meta.aggregate_id)) purchases.push(meta.aggregate_id)
}
