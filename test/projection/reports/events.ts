import * as z from 'zod'
import { defineEvent } from '../../../src/index.ts'

/** What happens in the shop, to subscriptions, to customers and in the hospital: the log that the reports read. */

const amount = z.string().regex(/^\d+(\.\d{1,4})?$/)

export const landed = defineEvent({
  type: 'purchase-landed',
  service: 'shop',
  payload: z.object({ customer: z.string(), country: z.string() }),
})
/** `9.90/EUR` */
export const completed = defineEvent({
  type: 'purchase-completed',
  service: 'shop',
  payload: z.object({ customer: z.string(), amount: z.string() }),
})

export const paid = defineEvent({
  type: 'payment-received',
  service: 'payments',
  payload: z.object({ country: z.string(), operator: z.string(), amount }),
})
/** Says what is given back, and no more: the rest is known of the payment. */
export const refunded = defineEvent({
  type: 'payment-refunded',
  service: 'payments',
  payload: z.object({ amount }),
})

/** Its correlation is that of the payments for it. */
export const started = defineEvent({
  type: 'subscription-started',
  service: 'subscriptions',
  payload: z.object({ service: z.string(), plan: z.string() }),
})
export const ended = defineEvent({
  type: 'subscription-ended',
  service: 'subscriptions',
  payload: z.object({ service: z.string() }),
})

export const erased = defineEvent({ type: 'customer-erased', service: 'privacy', payload: z.object({}) })
export const returned = defineEvent({ type: 'customer-returned', service: 'privacy', payload: z.object({}) })

const activity = z.object({ age: z.int().optional() })
export const registered = defineEvent({ type: 'er-registration', service: 'hospital', payload: activity })
export const tested = defineEvent({ type: 'blood-test', service: 'hospital', payload: activity })
export const treated = defineEvent({ type: 'iv-antibiotics', service: 'hospital', payload: activity })
export const released = defineEvent({ type: 'release', service: 'hospital', payload: activity })

const shop = [landed, completed, paid, refunded, started, ended] as const
const people = [erased, returned] as const
const hospital = [registered, tested, treated, released] as const
export const ALL = [...shop, ...people, ...hospital]
