import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { parseUuid } from '../../src/event/uuid.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { until } from '../servers/poll.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { plainLine } from '../support/events.ts'
import { post } from './post.ts'
import { runningServer } from './running-server.ts'

test('a stop under load answers what was taken: what was acknowledged is stored, what was not is not lost on the way', async () => {
  using folder = temporaryFolder()
  const storeUrl = `sqlite:${folder.path}/events.db`
  const server = await runningServer({ storeUrl })
  const stored: number[] = []
  const load = new AbortController()
  const senders = Array.from({ length: 16 }, async (_, sender) => {
    for (let n = sender * 100_000 + 1; !load.signal.aborted; n += 1) {
      // once it listens no more, a connection is refused or closed: never half an answer
      const answer = await post(server.url, plainLine(n)).catch(() => null)
      if (answer === null) return
      expect(answer.status).toBe(200)
      stored.push(n)
    }
  })
  await until('some are stored', () => stored.length > 50)
  const { waitingEvents } = server.ingest
  await server.stop()
  load.abort()
  await Promise.all(senders)
  expect(waitingEvents + stored.length).toBeGreaterThan(50)
  expect(server.ingest.waitingEvents).toBe(0)

  const store = await openEventStore(storeUrl)
  let count = 0
  for await (const batch of store.read()) count += batch.length
  expect(count).toBe(server.ingest.counts.stored)
  for (const n of stored) {
    const id = parseUuid(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`) as Uint8Array
    expect(await store.get(id)).not.toBeNull()
  }
  await store.close()
})

test('a request that never ends holds up a stop for no longer than is allowed', async () => {
  const server = await runningServer({ limits: { ...DEFAULT_LIMITS, stopTimeoutMs: 50 } })
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  const head =
    'POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\ncontent-type: application/json\r\n'
  socket.write(`${head}content-length: 100\r\nexpect: 100-continue\r\n\r\n{`)
  // the answer to `expect` says that the request is being served
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await server.stop()
  await closed
})

test('a connection that was answered before its body had come is closed when it has', async () => {
  const server = await runningServer()
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    'POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n\r\n12345',
  )
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString('latin1')).toContain('HTTP/1.1 415')
  const closed = once(socket, 'close')
  const stopping = server.stop()
  // it listens no more: what is idle was closed
  await until('it stops', () =>
    fetch(server.url).then(
      () => false,
      () => true,
    ),
  )
  socket.write('67890')
  await closed
  await stopping
})

test.each([
  ['of which nothing has come', ''],
  ['of which half a head has come', 'GET /health HTTP/1.1\r\nhost'],
  ['that is kept, and has begun to ask again', 'GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /hea'],
])('a connection %s does not hold up a stop', async (_, text) => {
  const server = await runningServer({ limits: { ...DEFAULT_LIMITS, stopTimeoutMs: 600_000 } })
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  socket.write(text)
  // the server has seen the one before by the time it answers this one
  await fetch(`${server.url}/health`)
  const closed = once(socket, 'close')
  await server.stop()
  await closed
})
