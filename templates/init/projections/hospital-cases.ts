import { defineProjection } from 'demetra'
import * as z from 'zod'
import { all } from '../events/hospital.ts'

const MINUTE_MS = 60_000

interface Times {
  registered_at: Date | undefined
  antibiotics_at: Date | undefined
  minutes_to_antibiotics: number | undefined
}

/** One row for each case of the hospital log: who, from when to when, how fast, and how it ended. */
export default defineProjection({
  version: 1,
  events: all,
  key: { case: z.string() },
  row: {
    registered_at: z.date(),
    age: z.int().optional(),
    diagnosis: z.string().optional(),
    first_event_at: z.date(),
    last_event_at: z.date(),
    antibiotics_at: z.date().optional(),
    minutes_to_antibiotics: z.int().optional(), // from registration; negative where they came first
    tests: z.int().default(0),
    release: z.enum(['a', 'b', 'c', 'd', 'e']).optional(),
  },
  at: (event) => ({ case: event.meta.aggregate_id.replace('case/', '') }),
  when: {
    'er-registration': (row, event) => {
      row.registered_at = event.meta.created_at
      countMinutes(row)
    },
    'iv-antibiotics': (row, event) => {
      row.antibiotics_at = earlier(row.antibiotics_at, event.meta.created_at)
      countMinutes(row)
    },
    crp: (row) => {
      row.tests += 1
    },
    leucocytes: (row) => {
      row.tests += 1
    },
    lacticacid: (row) => {
      row.tests += 1
    },
    'release-a': (row) => {
      row.release = 'a'
    },
    'release-b': (row) => {
      row.release = 'b'
    },
    'release-c': (row) => {
      row.release = 'c'
    },
    'release-d': (row) => {
      row.release = 'd'
    },
    'release-e': (row) => {
      row.release = 'e'
    },
    // after the handler of the type, for every event
    '*': (row, event) => {
      const { created_at } = event.meta
      row.first_event_at = earlier(row.first_event_at, created_at)
      if (row.last_event_at === undefined || row.last_event_at < created_at) row.last_event_at = created_at
      if (event.payload.Age !== undefined) row.age = Number(event.payload.Age)
      if (event.payload.Diagnose !== undefined) row.diagnosis = event.payload.Diagnose
    },
  },
})

function earlier(known: Date | undefined, other: Date): Date {
  return known !== undefined && known < other ? known : other
}

function countMinutes(row: Times): void {
  const { registered_at: from, antibiotics_at: to } = row
  if (from === undefined || to === undefined) return
  row.minutes_to_antibiotics = Math.round((to.getTime() - from.getTime()) / MINUTE_MS)
}
