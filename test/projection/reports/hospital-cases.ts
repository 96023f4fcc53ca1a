import * as z from 'zod'
import { defineProjection } from '../../../src/index.ts'
import { registered, released, tested, treated } from './events.ts'

/** One row for each case of the hospital, once it is registered and over. */
export default defineProjection({
  version: 1,
  events: [registered, tested, treated, released],
  key: { case: z.string() },
  row: {
    registered_at: z.date(),
    age: z.int().nullable().default(null),
    treated_at: z.date().optional(),
    released_at: z.date().optional(),
    tests: z.int().default(0),
    steps: z.array(z.object({ at: z.string(), what: z.string() })).default([]),
  },
  indexes: ['registered_at'],
  at: (event) => ({ case: event.meta.aggregate_id.replace('case/', '') }),
  when: {
    'er-registration': (row, event) => {
      row.registered_at = event.meta.created_at
    },
    'blood-test': (row) => {
      row.tests += 1
    },
    'iv-antibiotics': (row, { meta }) => {
      if (row.treated_at === undefined || meta.created_at < row.treated_at) row.treated_at = meta.created_at
    },
    release: (row, event) => {
      row.released_at = event.meta.created_at
    },
    '*': (row, { meta, payload }) => {
      if (payload.age !== undefined) row.age = payload.age
      // by time, whenever they are heard of
      row.steps.push({ at: meta.created_at.toISOString(), what: meta.type })
      row.steps.sort((a, b) => (a.at + a.what < b.at + b.what ? -1 : 1))
    },
  },
  complete: (row) => row.released_at !== undefined,
})
