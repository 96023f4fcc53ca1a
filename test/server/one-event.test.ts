import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineEvent } from '../../src/index.ts'
import { EventLog } from '../../src/event-log/event-log.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import { eventCheck } from '../../src/import/event-check.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { TestArchive } from '../event-log/test-archive.ts'
import { plainLine } from '../support/events.ts'
import { get, post } from './post.ts'
import { runningServer, type TestServer } from './running-server.ts'

const paid = defineEvent({
  type: 'paid',
  payload: z.object({ amount: z.string(), lines: z.array(z.object({ count: z.int() })) }),
})

let server: TestServer
beforeAll(async () => {
  server = await runningServer({ check: eventCheck([paid], false) })
})
afterAll(() => server.stop())

const ID = '00000000-0000-4000-8000-000000000001'
const META =
  '"meta":{"service":"core","type":"t","created_at":"2016-01-01T00:00:00.000Z","aggregate_id":"a/1"}'

/** An event of its own for each number, with this payload and meta. */
function line(n: number, payload = '{}', meta = META): string {
  return `{"id":"10000000-0000-4000-8000-${String(n).padStart(12, '0')}",${meta},"payload":${payload}}`
}

describe('one event', () => {
  test('is stored, told as a duplicate when it comes again, as a conflict when it has changed', async () => {
    const first = await post(server.url, plainLine(1))
    expect(first).toMatchObject({ status: 200, body: { id: ID, status: 200, outcome: 'stored' } })
    expect(first.headers.get('demetra-store')).toBe(await server.store.storeId())
    expect(first.headers.get('demetra-version')).toBe('0.1.0')

    const again = await post(server.url, plainLine(1))
    expect(again).toMatchObject({ status: 409, body: { id: ID, status: 409, outcome: 'duplicate' } })

    const changed = await post(server.url, plainLine(1, { n: 2 }))
    expect(changed).toMatchObject({
      status: 422,
      body: { id: ID, status: 422, outcome: 'conflict', error: { code: 'DEMETRA_CONFLICT' } },
    })
  })

  test('is a duplicate where only the way it is written has changed', async () => {
    expect(await post(server.url, line(2, '{"a":1.0,"b":2}'))).toMatchObject({ status: 200 })
    expect(await post(server.url, line(2, '{ "b" : 2e0 , "a" : 1 }'))).toMatchObject({ status: 409 })
  })

  test('comes back as it went in: key order, long numbers, odd keys', async () => {
    const payload = '{"9":1,"1":12345678901234567890,"__proto__":{"$a.b":1E+2},"":"😀"}'
    await post(server.url, line(3, payload))
    const { status, text } = await get(server.url, '/events/10000000-0000-4000-8000-000000000003', 'core')
    expect(status).toBe(200)
    expect(text).toContain(`"payload":${payload}}`)
    expect(text).toMatch(/"archived":null\}$/)
  })

  test('has its received_at and its position from the server, whatever it carries', async () => {
    const meta = META.replace('"aggregate_id"', '"received_at":"1999-01-01T00:00:00.000Z","aggregate_id"')
    await post(server.url, line(4, '{}', meta).replace('"meta"', '"position":"1","meta"'))
    const { text } = await get(server.url, '/events/10000000-0000-4000-8000-000000000004', 'reader')
    expect(text).not.toContain('1999')
    expect(text).not.toContain('"position":"1"')
  })
})

describe('what is refused', () => {
  test('names everything that is wrong with its form', async () => {
    const { status, body } = await post(
      server.url,
      '{"id":"7","meta":{"service":"","type":5,"created_at":"yesterday"},"payload":[],"more":1}',
    )
    expect({ status, outcome: body['outcome'] }).toEqual({ status: 400, outcome: 'refused' })
    const { issues } = body['error'] as { issues: { path: string }[] }
    expect(issues.map(({ path }) => path).toSorted()).toEqual(
      [
        'id',
        'meta.aggregate_id',
        'meta.created_at',
        'meta.service',
        'meta.type',
        'more',
        'payload',
      ].toSorted(),
    )
  })

  test('names everything that is wrong with its payload, with its id', async () => {
    const meta = META.replace('"t"', '"paid"')
    const answer = await post(server.url, line(5, '{"amount":5,"lines":[{"count":1},{"count":0.5}]}', meta))
    expect(answer).toMatchObject({
      status: 400,
      body: {
        id: '10000000-0000-4000-8000-000000000005',
        outcome: 'refused',
        error: {
          code: 'DEMETRA_INVALID_PAYLOAD',
          issues: [{ path: 'payload.amount' }, { path: 'payload.lines[1].count' }],
        },
      },
    })
    expect(await post(server.url, line(5, '{"amount":"5","lines":[]}', meta))).toMatchObject({ status: 200 })
  })

  test.each([
    ['no id', `{${META},"payload":{}}`, 'DEMETRA_INVALID_ID', 'id'],
    [
      'a time without a zone',
      line(6, '{}', META.replace('00.000Z', '00')),
      'DEMETRA_INVALID_TIME',
      'meta.created_at',
    ],
    ['the same key twice', line(6, '{"a":1,"a":1}'), 'DEMETRA_DUPLICATE_KEY', ''],
    ['a NUL in a key', line(6, String.raw`{"a\u0000":1}`), 'DEMETRA_NUL_IN_KEY', ''],
    ['a lone surrogate', line(6, String.raw`{"a":"\ud800"}`), 'DEMETRA_LONE_SURROGATE', ''],
    ['too deep', line(6, `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`), 'DEMETRA_NESTING', ''],
    ['torn', line(6).slice(0, -1), 'DEMETRA_INVALID_JSON', ''],
    ['an array', `[${line(6)}]`, 'DEMETRA_INVALID_ENVELOPE', ''],
    ['nothing', '', 'DEMETRA_INVALID_JSON', ''],
    ['two events', `${line(6)}${line(7)}`, 'DEMETRA_INVALID_JSON', ''],
  ])('%s is told as such', async (_, body, code, path) => {
    const { status, body: told } = await post(server.url, body)
    expect({ status, code: (told['error'] as { code: string }).code }).toEqual({ status: 400, code })
    expect((told['error'] as { issues: unknown[] }).issues).toEqual(
      expect.arrayContaining([{ path, message: expect.any(String) as string }]),
    )
  })

  test('bytes that are not UTF-8 are not taken for other ones', async () => {
    const bytes = Buffer.from(line(8, '{"a":"é"}'), 'latin1')
    expect(await post(server.url, new Uint8Array(bytes))).toMatchObject({
      status: 400,
      body: { error: { code: 'DEMETRA_INVALID_UTF8' } },
    })
  })

  test('an event of another service than the token is for', async () => {
    const answer = await post(server.url, line(9, '{}', META.replace('"core"', '"shop"')))
    expect(answer).toMatchObject({
      status: 403,
      body: { outcome: 'refused', error: { code: 'DEMETRA_TOKEN_SERVICE' } },
    })
    expect(await post(server.url, line(9), { token: 'reader' })).toMatchObject({ status: 403 })
  })

  test('everything without a token, and nothing is said of the store', async () => {
    const answer = await post(server.url, line(10), { token: 'nobody' })
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'DEMETRA_TOKEN' } } })
    expect(answer.headers.get('demetra-store')).toBeNull()
    expect((await get(server.url, '/events/10000000-0000-4000-8000-000000000003')).status).toBe(401)
    expect((await get(server.url, '/nowhere')).status).toBe(401)
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'rubbish',
    '',
  ])('a body of type %j', async (type) => {
    const answer = await post(server.url, line(11), { type })
    expect(answer).toMatchObject({
      status: 415,
      body: { error: { code: expect.stringMatching(/^DEMETRA_/) as string } },
    })
  })
})

describe('strict', () => {
  test('refuses further members of meta and types that nobody has defined', async () => {
    const strict = await runningServer({ check: eventCheck([paid], true), strict: true })
    const more = META.replace('"type":"t"', '"type":"paid","more":1')
    const fits = '{"amount":"5","lines":[]}'
    expect(await post(strict.url, line(1, fits, more))).toMatchObject({
      status: 400,
      body: { error: { code: 'DEMETRA_UNKNOWN_MEMBER' } },
    })
    expect(await post(strict.url, line(1))).toMatchObject({
      status: 400,
      body: { error: { code: 'DEMETRA_UNKNOWN_TYPE' } },
    })
    await strict.stop()
  })
})

describe('GET /events/ID', () => {
  test('tells no event to who may not read it, nor one that is not there, nor what is no id', async () => {
    await post(server.url, line(12))
    const path = '/events/10000000-0000-4000-8000-000000000012'
    expect((await get(server.url, path, 'shop')).status).toBe(404)
    expect((await get(server.url, path, 'reader')).status).toBe(200)
    expect((await get(server.url, '/events/10000000-0000-4000-8000-999999999999', 'reader')).status).toBe(404)
    expect((await get(server.url, '/events/12', 'reader')).status).toBe(400)
  })

  test('tells an archived event as it was, with its place; sent again it is a duplicate, changed a conflict', async () => {
    using folder = temporaryFolder()
    const objects = await openObjectStore(`file:${folder.path}/archive`)
    const store = await openEventStore(`sqlite:${folder.path}/events.db`)
    const old = await runningServer({ store, eventLog: new EventLog(store, () => Promise.resolve(objects)) })
    const path = '/events/10000000-0000-4000-8000-000000000001'
    await post(old.url, line(1, '{"n":1.50}'))
    const live = JSON.parse((await get(old.url, path, 'core')).text) as { event: object; archived: null }
    expect(live.archived).toBeNull()
    const archive = await TestArchive.begin(store, objects)
    for await (const batch of store.read()) await archive.archive(batch)

    const archived = await get(old.url, path, 'core')
    expect(archived.text).toContain('{"n":1.50}')
    expect(JSON.parse(archived.text)).toMatchObject({ event: live.event, archived: { segment: 1 } })
    expect((await get(old.url, path, 'shop')).status).toBe(404)
    expect((await post(old.url, line(1, '{"n":1.50}'))).status).toBe(409)
    expect((await post(old.url, line(1, '{"n":2}'))).status).toBe(422)
    await old.stop()
  })
})

test('an event with a thousand things wrong gets an answer that is short, and says how many there are', async () => {
  const members = Array.from({ length: 1000 }, (_, n) => `"k${n}${'y'.repeat(2000)}":1`).join(',')
  const { status, body } = await post(server.url, line(14).replace('{', `{${members},`))
  expect(status).toBe(400)
  const { issues } = (body as { error: { issues: { message: string }[] } }).error
  expect(issues).toHaveLength(51)
  expect(issues.at(-1)?.message).toBe('and 950 more')
  expect(JSON.stringify(body).length).toBeLessThan(200_000)
})

test('an event at which the schema of its type fails is refused, and its neighbours are stored', async () => {
  const type = 'fragile'
  const payload = z.object({ text: z.string().refine((text) => new URL(text).host !== '') })
  const fragile = await runningServer({ check: eventCheck([defineEvent({ type, payload })], false) })
  const meta = META.replace('"type":"t"', '"type":"fragile"')
  const lines = [line(1), line(2, '{"text":"no URL"}', meta), line(3)].join('\n')
  const { body } = await post(fragile.url, lines, { type: 'application/x-ndjson' })
  expect(body).toMatchObject({
    stored: 2,
    refused: 1,
    results: [{ status: 200 }, { status: 400 }, { status: 200 }],
  })
  await fragile.stop()
})

test('a token in a path does not come into the log', async () => {
  const secret = 'x'.repeat(43)
  await get(server.url, `/events/demetra_abcdefgh_${secret}`)
  await get(server.url, `/demetra_abcdefgh_${secret}`, 'core')
  await new Promise((resolve) => setImmediate(resolve))
  expect(server.log.join('')).toContain('/events/demetra_abcdefgh_***')
  expect(server.log.join('')).not.toContain(secret)
})

test('the log has a line for each request, and neither tokens nor payloads', async () => {
  await post(server.url, line(13, '{"secret":"payload-secret"}'))
  await get(server.url, '/events/10000000-0000-4000-8000-000000000013?token=query-secret', 'core')
  await new Promise((resolve) => setImmediate(resolve))
  const lines = server.log.join('').trim().split('\n')
  const told = lines.map((text) => JSON.parse(text) as Record<string, unknown>)
  expect(told.at(-2)).toMatchObject({
    method: 'POST',
    path: '/events',
    status: 200,
    token: 'core',
    stored: 1,
  })
  expect(told.at(-1)).toMatchObject({ method: 'GET', status: 200 })
  expect(lines.join('')).not.toMatch(/payload-secret|query-secret|Bearer/)
  expect(told.filter(({ level }) => level === 'error')).toEqual([])
})
