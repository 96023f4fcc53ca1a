import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainLine } from '../support/events.ts'
import { runningServer, type TestServer } from './running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.stop())

async function post(body: string, token = 'core'): Promise<{ status: number; answer: unknown }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(`${server.url}/events`, { method: 'POST', headers, body })
  return { status: response.status, answer: await response.json() }
}

test('an event is stored, told as a duplicate when it comes again, as a conflict when it has changed', async () => {
  const id = '00000000-0000-4000-8000-000000000001'
  expect(await post(plainLine(1))).toEqual({ status: 200, answer: { id, status: 200, outcome: 'stored' } })
  expect(await post(plainLine(1))).toEqual({ status: 409, answer: { id, status: 409, outcome: 'duplicate' } })
  expect(await post(plainLine(1, { n: 2 }))).toMatchObject({ status: 422, answer: { outcome: 'conflict' } })
})

test('nothing is taken without a token', async () => {
  expect(await post(plainLine(2), 'nobody')).toMatchObject({
    status: 401,
    answer: { error: { code: 'DEMETRA_TOKEN' } },
  })
})
