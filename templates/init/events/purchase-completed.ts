import { defineEvent } from 'demetra'
import * as z from 'zod'

/** It was paid. The amount is exact: a decimal number and its currency, `9.9000/EUR`. */
export default defineEvent({
  type: 'purchase-completed',
  service: 'shop',
  payload: z.object({ amount: z.string().regex(/^\d+(\.\d{1,4})?\/[A-Z]{3}$/), method: z.string() }),
})
