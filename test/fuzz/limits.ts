import * as z from 'zod'
import { defineEvent } from '../../src/event/define-event.ts'
import { eventCheck } from '../../src/import/event-check.ts'
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.ts'

const KIB = 1024

/** Small enough to be met all the time. */
export const FUZZ_LIMITS: ServerLimits = {
  ...DEFAULT_LIMITS,
  bodyBytes: 256 * KIB,
  unpackedBytes: 512 * KIB,
  eventBytes: 64 * KIB,
  batchEvents: 100,
}

const paid = defineEvent({ type: 'payment-completed', payload: z.object({ amount: z.string() }) })

export const fuzzCheck = eventCheck([paid], false)
