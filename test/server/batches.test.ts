import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { parseUuid } from '../../src/event/uuid.ts'
import { until } from '../servers/poll.ts'
import { plainLine, plainLines } from '../support/events.ts'
import { post, type Answer } from './post.ts'
import { runningServer, type TestServer } from './running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await runningServer({ limits: { ...DEFAULT_LIMITS, eventBytes: 1000, batchEvents: 3000 } })
})
afterAll(() => server.stop())

const send = (body: string, url = server.url): Promise<Answer> =>
  post(url, body, { type: 'application/x-ndjson' })

function results(answer: Answer): Record<string, unknown>[] {
  return answer.body['results'] as Record<string, unknown>[]
}

describe('a batch of lines', () => {
  test('is stored whole, in its order, and is told as duplicates when it comes again', async () => {
    const first = await send(plainLines(1500))
    expect(first).toMatchObject({ status: 200, body: { stored: 1500, duplicates: 0, refused: 0 } })
    expect(results(first)[1499]).toEqual({
      line: 1500,
      id: '00000000-0000-4000-8000-0000000005dc',
      status: 200,
      outcome: 'stored',
    })
    const ids: number[] = []
    for await (const batch of server.store.read()) {
      for (const { id } of batch) ids.push(Buffer.from(id).readUIntBE(10, 6))
    }
    expect(ids).toEqual(Array.from({ length: 1500 }, (_, n) => n + 1))
    expect(await send(plainLines(1500))).toMatchObject({ status: 200, body: { stored: 0, duplicates: 1500 } })
  })

  test('tells each line for itself: one that is bad costs no other', async () => {
    const foreign = plainLine(2001).replace('"core"', '"shop"')
    const answer = await send(
      [
        plainLine(2000),
        foreign,
        '',
        '{"torn":',
        plainLine(1, { changed: true }),
        plainLine(1),
        plainLine(2002, { long: 'x'.repeat(1000) }),
        plainLine(2000, { other: 1 }),
        plainLine(2003).slice(0, -5),
        plainLine(2004),
      ].join('\n'),
    )
    expect(answer.status).toBe(207)
    expect(answer.body).toMatchObject({ stored: 2, duplicates: 1, conflicts: 2, refused: 4, failed: 0 })
    expect(results(answer).map(({ line, status }) => [line, status])).toEqual([
      [1, 200],
      [2, 403],
      [4, 400],
      [5, 422],
      [6, 409],
      [7, 413],
      [8, 422],
      [9, 400],
      [10, 200],
    ])
  })

  test('that is empty is nothing', async () => {
    expect(await send('\n\n')).toMatchObject({ status: 200, body: { stored: 0, results: [] } })
  })

  test('of more events than one may have says where it was left', async () => {
    const lines = Array.from({ length: 3005 }, (_, n) => plainLine(10_000 + n)).join('\n')
    const answer = await send(lines)
    expect(answer).toMatchObject({ status: 207, body: { stored: 3000, refused: 1 } })
    expect(results(answer).at(-1)).toMatchObject({
      line: 3001,
      status: 413,
      error: { code: 'DEMETRA_BATCH_TOO_LARGE' },
    })
  })

  test('that is cut off keeps the lines that came whole, and no other', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    const whole = Array.from({ length: 600 }, (_, n) => `${plainLine(20_000 + n)}\n`).join('')
    socket.write(
      `POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\ncontent-type: application/x-ndjson\r\n` +
        `content-length: ${whole.length * 2}\r\n\r\n${whole}${plainLine(30_000)}`,
    )
    const has = async (n: number): Promise<boolean> =>
      (await server.store.get(parseUuid(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`)!)) !==
      null
    await until('the first are stored', () => has(20_000))
    socket.destroy()
    await once(socket, 'close')
    await until('the last are stored', () => has(20_599))
    expect(await has(30_000)).toBe(false)
    await until('it is logged', () => server.log.join('').includes('DEMETRA') || server.log.length > 0)
    expect(server.log.join('')).not.toContain('"level":"error"')
  })
})

test('an array that is no array, or is cut short, is told as such', async () => {
  const type = 'application/cloudevents-batch+json'
  expect(await post(server.url, '{"a":1}', { type })).toMatchObject({ status: 400 })
  expect(await post(server.url, 'nonsense', { type })).toMatchObject({ status: 400 })
  expect(await post(server.url, '[1', { type })).toMatchObject({ status: 207, body: { refused: 1 } })
})

test('a batch of CloudEvents is an array: nothing at all is none of no events', async () => {
  for (const body of ['', ' ', '\u0000']) {
    const answer = await post(server.url, body, { type: 'application/cloudevents-batch+json' })
    expect(answer, JSON.stringify(body)).toMatchObject({
      status: 400,
      body: { error: { code: 'DEMETRA_INVALID_JSON' } },
    })
  }
  const empty = await post(server.url, '[]', { type: 'application/cloudevents-batch+json' })
  expect(empty).toMatchObject({ status: 200, body: { results: [] } })
})
