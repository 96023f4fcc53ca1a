import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testProjection } from 'demetra/testing'
import completed from '../events/purchase-completed.ts'
import landed from '../events/purchase-landed.ts'
import funnel from './purchase-funnel.ts'

const landing = landed({
  aggregate_id: 'purchase/1',
  created_at: '2016-01-01T12:00:00Z',
  payload: { product: 'gift', country: 'IT' },
})
const payment = completed({
  aggregate_id: 'purchase/1',
  created_at: '2016-01-01T12:03:00Z',
  payload: { amount: '9.9000/EUR', method: 'paypal' },
})

test('a purchase has one row, in whatever order its events arrive', () => {
  const { rows, waiting } = testProjection(funnel, [landing, payment], { order: 'any' })
  assert.deepEqual(waiting, {})
  assert.deepEqual(rows, [
    {
      purchase: 'purchase/1',
      landed_at: new Date('2016-01-01T12:00:00Z'),
      completed_at: new Date('2016-01-01T12:03:00Z'),
      product: 'gift',
      country: 'IT',
      amount: '9.9000',
      currency: 'EUR',
    },
  ])
})

test('nobody sees a purchase that did not land yet', () => {
  const { rows, waiting } = testProjection(funnel, [payment])
  assert.deepEqual(rows, [])
  assert.deepEqual(waiting, { landed_at: 1 })
})
