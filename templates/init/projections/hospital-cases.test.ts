import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testProjection } from 'demetra/testing'
import { antibiotics, crp, leucocytes, registration, releaseB } from '../events/hospital.ts'
import cases from './hospital-cases.ts'

const aggregate_id = 'case/A'
const at = (time: string): string => `2014-10-22T${time}Z`

test('a case has one row, in whatever order its events arrive', () => {
  const events = [
    registration({ aggregate_id, created_at: at('11:15:00'), payload: { Age: '85', Diagnose: 'C' } }),
    crp({ aggregate_id, created_at: at('11:27:00'), payload: {} }),
    leucocytes({ aggregate_id, created_at: at('11:27:00'), payload: {} }),
    antibiotics({ aggregate_id, created_at: at('12:45:00'), payload: {} }),
    releaseB({ aggregate_id, created_at: at('18:00:00'), payload: {} }),
  ]
  const { rows } = testProjection(cases, events, { order: 'any' })
  assert.deepEqual(rows, [
    {
      case: 'A',
      registered_at: new Date(at('11:15:00')),
      age: 85,
      diagnosis: 'C',
      first_event_at: new Date(at('11:15:00')),
      last_event_at: new Date(at('18:00:00')),
      antibiotics_at: new Date(at('12:45:00')),
      minutes_to_antibiotics: 90,
      tests: 2,
      release: 'b',
    },
  ])
})

test('a case that is not registered yet waits', () => {
  const { rows, waiting } = testProjection(cases, [crp({ aggregate_id, payload: {} })])
  assert.deepEqual(rows, [])
  assert.deepEqual(waiting, { registered_at: 1 })
})
