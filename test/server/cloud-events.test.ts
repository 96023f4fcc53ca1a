import { CloudEvent, emitterFor, HTTP, Mode, type Message } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serviceOf } from '../../src/server/cloud-event.ts'
import { get, post } from './post.ts'
import { runningServer, type TestServer } from './running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.stop())

interface Stored {
  id: string
  meta: Record<string, unknown> & { cloudevent: Record<string, unknown> }
  payload: Record<string, unknown>
}

async function stored(id: unknown): Promise<Stored> {
  const { text } = await get(server.url, `/events/${String(id)}`, 'core')
  return (JSON.parse(text) as { event: Stored }).event
}

const SOURCE = 'https://shop.example/services/core'

describe("the SDK's events", () => {
  const statuses: number[] = []
  const transport = async ({ headers, body }: Message): Promise<void> => {
    const response = await fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { ...(headers as Record<string, string>), authorization: 'Bearer core' },
      body: body as string,
    })
    statuses.push(response.status)
  }

  test.each([Mode.BINARY, Mode.STRUCTURED])(
    'in %s mode are stored, and are duplicates when sent again',
    async (mode) => {
      statuses.length = 0
      const emit = emitterFor(transport, { binding: HTTP, mode })
      const event = new CloudEvent(
        {
          source: SOURCE,
          type: 'com.example.order.placed',
          subject: 'order/7',
          datacontenttype: 'application/json',
          traceid: 'ä b%20"c"',
          data: { amount: 5, lines: [1, 2] },
        },
        false,
      )
      // the SDK writes headers as they are: what is no ASCII it cannot send
      await emit(mode === Mode.BINARY ? event.cloneWith({ traceid: 'abc' }) : event)
      await emit(mode === Mode.BINARY ? event.cloneWith({ traceid: 'abc' }) : event)
      expect(statuses).toEqual([200, 409])
      const { id, meta, payload } = await stored(event.id)
      expect(id).toBe(event.id)
      expect(meta).toMatchObject({
        service: 'core',
        type: 'com.example.order.placed',
        created_at: event.time,
        aggregate_id: 'order/7',
      })
      expect(meta.cloudevent).toMatchObject({
        specversion: '1.0',
        source: SOURCE,
        datacontenttype: 'application/json',
      })
      expect(payload).toEqual({ amount: 5, lines: [1, 2] })
    },
  )

  test('with its defaults are stored: no subject, ids that are no UUIDs', async () => {
    statuses.length = 0
    const emit = emitterFor(transport)
    const event = new CloudEvent({ id: 'A234-1234-1234', source: '/core', type: 'plain', data: { a: 1 } })
    await emit(event)
    await emit(event)
    expect(statuses).toEqual([200, 409])
  })

  test('in a batch are stored, each with its own outcome', async () => {
    const events = [1, 2, 3].map((n) => new CloudEvent({ source: SOURCE, type: 'batched', data: { n } }))
    const body = `[${events.map((event) => event.toString()).join(',')},{"specversion":"0.3"},${events[0]?.toString()}]`
    const answer = await post(server.url, body, { type: 'application/cloudevents-batch+json; charset=utf-8' })
    expect(answer.status).toBe(207)
    expect(answer.body).toMatchObject({ stored: 3, duplicates: 1, conflicts: 0, refused: 1, failed: 0 })
    expect((answer.body['results'] as { status: number }[]).map(({ status }) => status)).toEqual([
      200, 200, 200, 400, 409,
    ])
    expect(await post(server.url, '[]', { type: 'application/cloudevents-batch+json' })).toMatchObject({
      status: 200,
      body: { stored: 0, results: [] },
    })
  })

  test('with bytes or a text for data lose nothing', async () => {
    const bytes = new CloudEvent({ source: SOURCE, type: 'bytes', data: new Uint8Array([0, 255, 1]) })
    const emit = emitterFor(transport, { binding: HTTP, mode: Mode.STRUCTURED })
    await emit(bytes)
    expect(await stored(bytes.id)).toMatchObject({
      payload: { data_base64: 'AP8B' },
      meta: { cloudevent: { payload_holds: 'data_base64' } },
    })
    const text = new CloudEvent({
      source: SOURCE,
      type: 'text',
      datacontenttype: 'text/plain',
      data: 'héllo',
    })
    await emit(text)
    expect(await stored(text.id)).toMatchObject({
      payload: { data: 'héllo' },
      meta: { cloudevent: { payload_holds: 'data', datacontenttype: 'text/plain' } },
    })
  })
})

describe('a CloudEvent', () => {
  const attributes = {
    specversion: '1.0',
    id: '7B2CF50E-93C8-4F5B-A5B1-1F0E6E0B5C11',
    source: SOURCE,
    type: 'made',
    time: '2016-01-01T12:00:00.1234+01:00',
    sequence: 5,
    dataschema: 'https://example.com/schema',
    correlationid: 'container/1',
  }
  const structured = (more: object): string => JSON.stringify({ ...attributes, ...more })
  const send = (body: string) => post(server.url, body, { type: 'application/cloudevents+json' })

  test('can be made again of what is stored', async () => {
    const answer = await send(structured({ data: { a: 1 } }))
    expect(answer).toMatchObject({ status: 200, body: { id: attributes.id.toLowerCase() } })
    const { meta } = await stored(answer.body['id'])
    expect(meta).toMatchObject({
      created_at: '2016-01-01T11:00:00.123Z',
      correlation_id: 'container/1',
      aggregate_id: SOURCE,
      cloudevent: {
        specversion: '1.0',
        id: attributes.id,
        source: SOURCE,
        time: attributes.time,
        sequence: 5,
        dataschema: 'https://example.com/schema',
      },
    })
  })

  test.each([
    ['null', { data: null }, { data: null }, 'data'],
    ['a list', { data: [1] }, { data: [1] }, 'data'],
    ['nothing', {}, {}, 'nothing'],
    ['an object that looks like one of ours', { data: { data: 1 } }, { data: 1 }, undefined],
  ])('whose data is %s keeps that', async (name, more, payload, holds) => {
    const answer = await send(structured({ id: name, ...more }))
    expect(answer.status).toBe(200)
    const event = await stored(answer.body['id'])
    expect(event.payload).toEqual(payload)
    expect(event.meta.cloudevent['payload_holds']).toBe(holds)
  })

  test('keeps long numbers and the order of keys of its data', async () => {
    const data = '{"9":1,"1":12345678901234567890}'
    const answer = await send(structured({ id: 'long' }).replace(/\}$/, `,"data":${data}}`))
    const { text } = await get(server.url, `/events/${String(answer.body['id'])}`, 'core')
    expect(text).toContain(`"payload":${data}`)
  })

  test('in binary mode: headers are percent-encoded, the body may be anything', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'binary-1',
      'ce-source': SOURCE,
      'ce-type': 'made',
      'ce-time': '2016-01-01T12:00:00Z',
      'ce-subject': '"order/%E2%82%AC%20\\"1\\""',
    }
    const bytes = new Uint8Array([1, 2, 255])
    const answer = await post(server.url, bytes, { type: 'application/octet-stream', headers })
    expect(answer.status).toBe(200)
    expect(await stored(answer.body['id'])).toMatchObject({
      meta: {
        aggregate_id: 'order/€ "1"',
        cloudevent: { id: 'binary-1', datacontenttype: 'application/octet-stream' },
      },
      payload: { data_base64: 'AQL/' },
    })
    for (const charset of ['utf-8', 'UTF8', '"utf8"']) {
      const own = { ...headers, 'ce-id': charset.replaceAll('"', "'") }
      const text = await post(server.url, '{"n":1}', {
        type: `application/json; charset=${charset}`,
        headers: own,
      })
      expect(await stored(text.body['id'])).toMatchObject({ payload: { n: 1 } })
    }
    const bad = { ...headers, 'ce-subject': '%FF' }
    expect(await post(server.url, '{}', { headers: bad })).toMatchObject({
      status: 400,
      body: { error: { code: 'DEMETRA_INVALID_UTF8' } },
    })
  })

  test.each([
    ['another version', { specversion: '0.3' }, 'specversion'],
    ['no time: sent again it could not be told from another', { time: undefined }, 'time'],
    ['no source', { source: undefined }, 'source'],
    ['an empty type', { type: '' }, 'type'],
    ['an attribute that is an object', { ext: {} }, ''],
    ['data twice', { data: 1, data_base64: 'AA==' }, ''],
    ['bytes that are no Base64', { data_base64: 'A' }, 'data_base64'],
  ])('with %s is refused', async (_, more, path) => {
    const { status, body } = await send(structured({ id: 'refused', ...more }))
    expect(status).toBe(400)
    expect((body['error'] as { issues: { path: string }[] }).issues.map((issue) => issue.path)).toEqual([
      path,
    ])
  })

  test('of another service than the token is for is refused', async () => {
    expect(await send(structured({ id: 'foreign', source: '/shop' }))).toMatchObject({ status: 403 })
    expect(await send(structured({ id: 'said', source: '/shop', service: 'core' }))).toMatchObject({
      status: 200,
    })
  })

  test('is taken where further members of meta are not', async () => {
    const strict = await runningServer({ strict: true })
    const answer = await post(strict.url, structured({ data: {} }), { type: 'application/cloudevents+json' })
    expect(answer.status).toBe(200)
    await strict.stop()
  })
})

test.each([
  ['https://shop.example/services/core', 'core'],
  ['https://shop.example/services/core/?a=/b#/c', 'core'],
  ['https://user@core.example:8080', 'core.example'],
  ['https://core.example/', 'core.example'],
  ['/cloudevents/core', 'core'],
  ['core', 'core'],
  ['urn:service:core', 'core'],
  ['urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66', '6e8bc430-9c3a-11d9-9669-0800200c9a66'],
  ['mailto:core@example.com', 'core@example.com'],
  ['/', '/'],
])('the service of the source %s is %s', (source, service) => {
  expect(serviceOf(source)).toBe(service)
})

test('data of many megabytes in Base64 is taken; a letter of it that is none is told', async () => {
  const cloudEvent = (base64: string): string =>
    JSON.stringify({
      specversion: '1.0',
      id: 'large',
      source: SOURCE,
      type: 'com.example.scan',
      time: '2026-01-01T00:00:00Z',
      data_base64: base64,
    })
  const large = 'A'.repeat(12 * 1024 * 1024)
  const type = 'application/cloudevents+json'
  expect((await post(server.url, cloudEvent(large), { type })).status).toBe(200)
  expect(await post(server.url, cloudEvent(`${large}=AAA`), { type })).toMatchObject({
    status: 400,
    body: { error: { issues: [{ path: 'data_base64' }] } },
  })
})
