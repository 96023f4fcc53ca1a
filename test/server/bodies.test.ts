import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { gzip, zstdCompress, deflate, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import type { BatchResult } from '../../src/server/event-schema.ts'
import { until } from '../servers/poll.ts'
import { packedAndChanged } from '../support/changed-payload.ts'
import { plainLine, plainLines } from '../support/events.ts'
import { post } from './post.ts'
import { runningServer, type TestServer } from './running-server.ts'

const KIB = 1024
const MIB = 1024 * KIB

let server: TestServer
beforeAll(async () => {
  server = await runningServer({
    limits: {
      ...DEFAULT_LIMITS,
      bodyBytes: MIB,
      unpackedBytes: 4 * MIB,
      bytesInHand: 8 * MIB,
      eventBytes: MIB,
    },
  })
})
afterAll(() => server.stop())

const packers = { gzip: promisify(gzip), zstd: promisify(zstdCompress), deflate: promisify(deflate) }
const packed = async (how: keyof typeof packers, text: string) => new Uint8Array(await packers[how](text))
const ndjson = 'application/x-ndjson'

describe.each(['gzip', 'zstd'] as const)('a body packed with %s', (encoding) => {
  const first = encoding === 'gzip' ? 1 : 100_000
  const headers = { 'content-encoding': encoding }

  test('is taken as one event, or as a batch', async () => {
    const one = await post(server.url, await packed(encoding, plainLine(first)), { headers })
    expect(one.status).toBe(200)
    const lines = Array.from({ length: 900 }, (_, n) => `${plainLine(first + 1 + n)}\n`).join('')
    const batch = await post(server.url, await packed(encoding, lines), { headers, type: ndjson })
    expect(batch).toMatchObject({ status: 200, body: { stored: 900 } })
  })

  test('that swells beyond all measure is cut off: 413', async () => {
    const bomb = await packed(encoding, ' '.repeat(32 * MIB))
    expect(bomb.length).toBeLessThan(MIB)
    const one = await post(server.url, bomb, { headers })
    expect(one).toMatchObject({ status: 413, body: { error: { code: 'DEMETRA_BODY_TOO_LARGE' } } })
    const batch = await post(server.url, bomb, { headers, type: ndjson })
    expect(batch.status).toBe(413)
    const many = await packed(encoding, `${plainLine(first)}\n${'\n'.repeat(32 * MIB)}`)
    expect(await post(server.url, many, { headers, type: ndjson })).toMatchObject({
      status: 413,
      body: { error: { code: 'DEMETRA_BODY_TOO_LARGE' } },
    })
  })

  test.each([
    ['application/json', 50_000],
    [ndjson, 50_001],
    ['application/cloudevents-batch+json', 50_002],
  ])(
    'that is not packed so, is cut short, empty, or followed by what is not packed, is no %s',
    async (type, n) => {
      const line = `${plainLine(first + n)}\n`
      const whole = await packed(encoding, line)
      const bodies = [
        line,
        whole.subarray(0, -3),
        whole.subarray(0, 1),
        '',
        new Uint8Array(100),
        new Uint8Array(Buffer.concat([whole, Buffer.from('rubbish')])),
      ]
      for (const [i, body] of bodies.entries()) {
        expect(await post(server.url, body, { headers, type }), String(i)).toMatchObject(damaged)
      }
      expect(await post(server.url, whole, { headers })).toMatchObject({ status: 200 })
    },
  )
})

const damaged = { status: 400, body: { error: { code: 'DEMETRA_BODY_DAMAGED' } } }

test.each(['gzip', 'zstd'] as const)(
  'a batch in %s of which one byte of a payload changed on its way is not taken',
  async (encoding) => {
    const own = await runningServer()
    const { whole, changed } = packedAndChanged(encoding, 2000)
    const sending = { type: ndjson, headers: { 'content-encoding': encoding } }
    expect(await post(own.url, new Uint8Array(changed), sending)).toMatchObject(damaged)
    expect(own.ingest.counts).toMatchObject({ stored: 0, groups: 0 })
    expect(await post(own.url, new Uint8Array(whole), sending)).toMatchObject({ status: 200 })
    await own.stop()
  },
)

test.each(['deflate', 'br', 'gzip, gzip', 'rubbish'])(
  'a body packed with %s is refused: 415',
  async (encoding) => {
    const answer = await post(server.url, plainLine(5000), { headers: { 'content-encoding': encoding } })
    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'DEMETRA_CONTENT_ENCODING' } } })
  },
)

test('a body that is larger than one may be is refused, and its sender gets the answer', async () => {
  const large = 'x'.repeat(3 * MIB)
  expect(await post(server.url, large)).toMatchObject({ status: 413 })
  // without a length it is known only when it has come
  const stream = new Blob([large]).stream()
  const response = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { authorization: 'Bearer core', 'content-type': 'application/json' },
    body: stream,
    duplex: 'half',
  })
  expect(response.status).toBe(413)
  expect(await post(server.url, plainLine(6000))).toMatchObject({ status: 200 })
})

test('bodies that together are more than the server may hold: 503, and it goes on', async () => {
  const small = await runningServer({ limits: { ...DEFAULT_LIMITS, bytesInHand: MIB } })
  const line = plainLine(1, { long: 'x'.repeat(900 * KIB) })
  const answers = await Promise.all(Array.from({ length: 16 }, () => post(small.url, line)))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => ![200, 409, 503].includes(status))).toEqual([])
  const refused = answers.filter(({ status }) => status === 503)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  expect((await post(small.url, line)).status).toBe(409)
  await small.stop()
})

test('a packed batch that is still coming counts as what the server holds', async () => {
  const small = await runningServer({ limits: { ...DEFAULT_LIMITS, bytesInHand: MIB } })
  const { hostname, port } = new URL(small.url)
  const other = connect(Number(port), hostname)
  other.on('error', () => undefined)
  const { whole } = packedAndChanged('gzip', 6000)
  expect(whole.length).toBeGreaterThan(MIB)
  other.write(
    'POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\n' +
      `content-type: ${ndjson}\r\ncontent-encoding: gzip\r\ncontent-length: ${whole.length}\r\n\r\n`,
  )
  other.write(whole.subarray(0, 900 * KIB))
  const line = plainLine(1, { long: 'x'.repeat(300 * KIB) })
  await until('there is no room', async () => (await post(small.url, line)).status === 503)
  expect(small.ingest.counts.stored).toBeLessThanOrEqual(1)
  other.destroy()
  await until('there is room again', async () => (await post(small.url, line)).status !== 503)
  await small.stop()
})

test('packed batches that never come to their end leave half of the room to all others', async () => {
  const small = await runningServer({ limits: { ...DEFAULT_LIMITS, bytesInHand: 2 * MIB } })
  const { hostname, port } = new URL(small.url)
  const { whole } = packedAndChanged('gzip', 6000)
  const answers = new Map<Socket, string>()
  const slow = Array.from({ length: 8 }, () => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.on('data', (piece) => answers.set(socket, `${answers.get(socket) ?? ''}${String(piece)}`))
    socket.write(
      'POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\n' +
        `content-type: ${ndjson}\r\ncontent-encoding: gzip\r\ncontent-length: ${whole.length}\r\n\r\n`,
    )
    socket.write(whole.subarray(0, 300 * KIB))
    return socket
  })
  await until('most are refused', () => answers.size >= 5)
  for (const answer of answers.values()) expect(answer).toMatch(/^HTTP\/1.1 503 [^]*\r\nretry-after: 1\r\n/iu)
  const line = plainLine(9999, { long: 'x'.repeat(800 * KIB) }).replace('core', 'shop')
  expect(await post(small.url, line, { token: 'shop' })).toMatchObject({ status: 200 })
  for (const socket of slow) socket.destroy()
  const headers = { 'content-encoding': 'gzip' }
  const again = () => post(small.url, new Uint8Array(whole), { headers, type: ndjson })
  await until('there is room again', async () => (await again()).status === 200)
  await small.stop()
})

test('a batch for which there is no more room half-way: what came before is stored, and the rest is to be sent again later', async () => {
  const small = await runningServer({ limits: { ...DEFAULT_LIMITS, bytesInHand: MIB } })
  const { hostname, port } = new URL(small.url)
  const other = connect(Number(port), hostname)
  other.on('error', () => undefined)
  const head =
    'POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer core\r\ncontent-type: application/json\r\n'
  other.write(`${head}content-length: ${MIB}\r\nexpect: 100-continue\r\n\r\n${'x'.repeat(900 * KIB)}`)
  await once(other, 'data')
  const lines = [1, 2, 3, 4, 5].map((n) => plainLine(n, { long: 'x'.repeat(60 * KIB) })).join('\n')
  const answer = await until('there is no room', async () => {
    const each = await post(small.url, lines, { type: ndjson })
    return each.status === 207 && each
  })
  expect(answer.headers.get('retry-after')).toBe('1')
  const { results, failed, refused } = answer.body as unknown as BatchResult
  expect({ failed, refused }).toEqual({ failed: 1, refused: 0 })
  expect(results.at(-1)).toMatchObject({ status: 503, outcome: 'failed' })
  other.destroy()
  await small.stop()
})

test('a token that sends more than it may: 429, until its bucket has filled', async () => {
  const slow = await runningServer({ limits: { ...DEFAULT_LIMITS, eventsPerSecond: 1 } })
  expect(await post(slow.url, plainLines(100), { type: ndjson })).toMatchObject({ status: 200 })
  const answer = await post(slow.url, plainLine(200))
  expect(answer).toMatchObject({ status: 429, body: { error: { code: 'DEMETRA_RATE' } } })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(80)
  // others are not held up by it
  expect(await post(slow.url, plainLine(201).replace('core', 'shop'), { token: 'shop' })).toMatchObject({
    status: 200,
  })
  await slow.stop()
})

test('a body of more frames than one may have is refused, though nothing comes out of them: 413', async () => {
  const own = await runningServer({ limits: { ...DEFAULT_LIMITS, packedFrames: 100 } })
  const headers = { 'content-encoding': 'zstd' }
  const skipped = Buffer.from('502a4d1800000000', 'hex')
  const bodyOf = (frames: number) =>
    new Uint8Array(
      Buffer.concat([...Array<Buffer>(frames - 1).fill(skipped), zstdCompressSync(plainLine(1))]),
    )
  for (const type of ['application/json', ndjson]) {
    expect(await post(own.url, bodyOf(101), { headers, type })).toMatchObject({
      status: 413,
      body: { error: { code: 'DEMETRA_BODY_TOO_LARGE' } },
    })
  }
  expect(await post(own.url, bodyOf(100), { headers })).toMatchObject({ status: 200 })
  await own.stop()
})

test('gzip of several members is one body', async () => {
  const lines = plainLines(4).split(/(?<=\n)/)
  const body = Buffer.concat(lines.map((line) => gzipSync(line)))
  const headers = { 'content-encoding': 'gzip' }
  expect(
    (await post(server.url, new Uint8Array(body), { headers, type: ndjson })).body['results'],
  ).toHaveLength(4)
})
