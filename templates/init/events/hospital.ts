import { defineEvent } from 'demetra'
import * as z from 'zod'

/**
 * The log of a hospital's cases of sepsis, as its CSV dump is imported: one event for each activity, the columns
 * of the dump as text. Any event may bring what is known of the patient.
 */
const payload = z.object({ Age: z.string().regex(/^\d+$/).optional(), Diagnose: z.string().optional() })
const service = 'hospital'

export const registration = defineEvent({ type: 'er-registration', service, payload })
export const triage = defineEvent({ type: 'er-triage', service, payload })
export const sepsisTriage = defineEvent({ type: 'er-sepsis-triage', service, payload })
export const antibiotics = defineEvent({ type: 'iv-antibiotics', service, payload })
export const liquid = defineEvent({ type: 'iv-liquid', service, payload })

export const crp = defineEvent({ type: 'crp', service, payload })
export const leucocytes = defineEvent({ type: 'leucocytes', service, payload })
export const lacticAcid = defineEvent({ type: 'lacticacid', service, payload })

/** To a normal ward, and to intensive care. */
export const admission = defineEvent({ type: 'admission-nc', service, payload })
export const intensiveCare = defineEvent({ type: 'admission-ic', service, payload })

/** The hospital knows five ways of being released, and tells nobody what they are. */
export const releaseA = defineEvent({ type: 'release-a', service, payload })
export const releaseB = defineEvent({ type: 'release-b', service, payload })
export const releaseC = defineEvent({ type: 'release-c', service, payload })
export const releaseD = defineEvent({ type: 'release-d', service, payload })
export const releaseE = defineEvent({ type: 'release-e', service, payload })
export const returned = defineEvent({ type: 'return-er', service, payload })

const tests = [crp, leucocytes, lacticAcid] as const
const releases = [releaseA, releaseB, releaseC, releaseD, releaseE] as const
const stays = [admission, intensiveCare, returned] as const
export const all = [
  registration,
  triage,
  sepsisTriage,
  antibiotics,
  liquid,
  ...tests,
  ...stays,
  ...releases,
] as const
