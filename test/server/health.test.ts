import { afterEach, expect, test } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { runningServer, type TestServer } from './running-server.ts'
import { until } from '../servers/poll.ts'
import { temporaryDatabase } from '../event-store/temporary-database.ts'

let server: TestServer | undefined
afterEach(() => server?.stop())

const get = async (path: string): Promise<{ status: number; answer: unknown }> => {
  const response = await fetch(`${server!.url}${path}`)
  return { status: response.status, answer: await response.json() }
}
const READY = { ready: true, server: 'serving', store: 'answers' }

test('a server that takes events is alive and ready, and says so to everybody', async () => {
  server = await runningServer()
  expect(await get('/health')).toEqual({ status: 200, answer: { alive: true } })
  expect(await get('/ready')).toEqual({ status: 200, answer: READY })
  expect((await fetch(`${server.url}/health`, { method: 'HEAD' })).status).toBe(200)
  await fetch(`${server.url}/nowhere`)
  await until('the log is written', () => server?.log.join('').includes('/nowhere'))
  expect(server.log.join('')).not.toMatch(/health|ready/u)
})

test('where the store fails it is alive, not ready, and ready again when the store is; fifty ask the store once', async () => {
  const database = await temporaryDatabase()
  const store = await openEventStore(database.url)
  const newestPosition = store.newestPosition.bind(store)
  let asked = 0
  let isAway = true
  store.newestPosition = () => {
    asked += 1
    return isAway ? Promise.reject(new Error('mongodb://ann:secret@host is gone')) : newestPosition()
  }
  server = await runningServer({ store })
  const startedAt = performance.now()
  const answers = await Promise.all(Array.from({ length: 50 }, () => get('/ready')))
  const unready = { status: 503, answer: { ready: false, server: 'serving', store: 'does not answer' } }
  for (const answer of answers) expect(answer).toEqual(unready)
  // what it said holds for a second
  expect(asked).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 1000))
  expect((await fetch(`${server.url}/ready`)).headers.get('retry-after')).toBe('1')
  await until('the log is written', () => server?.log.join('').includes('"path":"/ready","status":503'))
  expect(await get('/health')).toMatchObject({ status: 200 })
  expect(server.log.join('')).not.toContain('secret')

  isAway = false
  let answer = await get('/ready')
  while (answer.status !== 200) answer = await get('/ready')
  expect(answer).toEqual({ status: 200, answer: READY })
  await database.dispose()
})

test('a store that hangs makes it not ready within the deadline', async () => {
  const database = await temporaryDatabase()
  const store = await openEventStore(database.url)
  const { promise, resolve } = Promise.withResolvers<bigint>()
  store.newestPosition = () => promise
  server = await runningServer({ store })
  expect(await get('/ready')).toMatchObject({ status: 503, answer: { store: 'does not answer' } })
  expect(await get('/health')).toMatchObject({ status: 200 })
  resolve(0n)
  expect(await get('/ready')).toMatchObject({ status: 200 })
  await database.dispose()
})

test('a server that is stopping says so to who asks on a connection that is still open', async () => {
  const database = await temporaryDatabase()
  const store = await openEventStore(database.url)
  const { promise, resolve } = Promise.withResolvers<bigint>()
  store.newestPosition = () => promise
  const stopping = await runningServer({ store })
  const { url } = stopping
  const asked = fetch(`${url}/ready`)
  await fetch(`${url}/health`)
  const stopped = stopping.stop()
  await until('it takes no connections', () =>
    fetch(`${url}/health`, { headers: { connection: 'close' } }).then(
      () => false,
      () => true,
    ),
  )
  resolve(0n)
  const response = await asked
  expect(response.status).toBe(503)
  // on a busy machine the store may have been waited for in vain
  expect(await response.json()).toEqual({
    ready: false,
    server: 'draining',
    store: expect.stringMatching(/^(?:answers|does not answer)$/u),
  })
  await stopped
  await database.dispose()
})
