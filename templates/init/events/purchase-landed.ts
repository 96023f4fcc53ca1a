import { defineEvent } from 'demetra'
import * as z from 'zod'

/** Somebody came to the shop's page of a product. */
export default defineEvent({
  type: 'purchase-landed',
  service: 'shop',
  payload: z.object({ product: z.string(), country: z.string() }),
})
