import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineEvent } from '../../src/index.ts'
import { z } from '../../src/zod.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { until } from '../servers/poll.ts'
import { Receiver, STORE, TOKEN } from './receiver.ts'
import { client, drain, event, refusedIn, spoolFiles } from './support.ts'

let receiver: Receiver
let folder: ReturnType<typeof temporaryFolder>
beforeEach(async () => {
  receiver = await new Receiver().listen()
  folder = temporaryFolder()
})
afterEach(async () => {
  await receiver.away()
  folder[Symbol.dispose]()
})

describe('send', () => {
  it('tells that an event is stored, or was, and writes nothing to the spool', async () => {
    const producer = client(folder.path, receiver)
    const id = '0b8a3a5e-1111-4222-8333-444455556666'
    expect(await producer.send(event('a', 1, { id }))).toEqual({ id, outcome: 'stored' })
    const sentAgain = { ...event('a', 1, { id }), meta: receiver.events[0]!.meta } as ReturnType<typeof event>
    expect(await producer.send(sentAgain)).toEqual({ id, outcome: 'duplicate' })
    await producer.close()
    expect(spoolFiles(folder.path)).toEqual([])
  })

  it('gives an event an id and the time where it has none, the same at every try', async () => {
    receiver.fault = () => 'store and drop'
    const producer = client(folder.path, receiver)
    const { id, outcome } = await producer.send(event('a', 1))
    expect(outcome).toBe('spooled')
    receiver.fault = () => undefined
    expect(await drain(folder.path, receiver)).toMatchObject({ duplicates: 1, left: 0 })
    expect(receiver.events).toMatchObject([{ id, meta: { created_at: expect.stringMatching(/Z$/) } }])
    expect(receiver.conflicts).toBe(0)
    await producer.close()
  })

  it('takes what a definition makes, and integers beyond 2^53', async () => {
    const paid = defineEvent({ type: 'paid', service: 'shop', payload: z.object({ cents: z.bigint() }) })
    const producer = client(folder.path, receiver)
    await producer.send(paid({ aggregate_id: 'a', payload: { cents: 9007199254740993n } }))
    await producer.close()
    expect([...receiver.texts.values()][0]).toContain('"payload":{"cents":9007199254740993}')
  })

  it('refuses what is no event, or when it is closed', async () => {
    const producer = client(folder.path, receiver)
    const wrong = { meta: { service: 's', type: 't' }, payload: {} } as unknown as ReturnType<typeof event>
    await expect(producer.send(wrong)).rejects.toMatchObject({ code: 'DEMETRA_EVENT_INVALID' })
    const circular: { self?: object } = {}
    circular.self = circular
    await expect(producer.send({ ...event('a', 1), payload: circular })).rejects.toMatchObject({
      code: 'DEMETRA_EVENT_INVALID',
    })
    await producer.close()
    await expect(producer.send(event('a', 1))).rejects.toMatchObject({ code: 'DEMETRA_CLIENT_CLOSED' })
  })

  it.each(['stall', 'drop', 'store and drop'] as const)('spools where the server does %s', async (fault) => {
    receiver.fault = () => fault
    const producer = client(folder.path, receiver, { timeoutMs: 100 })
    expect(await producer.send(event('a', 1))).toMatchObject({
      outcome: 'spooled',
      reason: expect.any(String),
    })
    await producer.close()
    receiver.fault = () => undefined
    await drain(folder.path, receiver)
    expect(receiver.numbers()).toEqual({ a: [1] })
  })

  it.each([401, 403, 404, 429, 500, 503])('spools where the server answers %i', async (status) => {
    receiver.fault = () => ({ status })
    const producer = client(folder.path, receiver)
    expect(await producer.send(event('a', 1))).toMatchObject({
      outcome: 'spooled',
      reason: expect.stringContaining(`${status}`),
    })
    await producer.close()
  })

  it('counts an answer that breaks off behind its status', async () => {
    receiver.fault = () => 'half'
    const producer = client(folder.path, receiver)
    expect(await producer.send(event('a', 1))).toMatchObject({ outcome: 'stored' })
    await producer.close()
  })

  it('reads no more of an answer than Demetra ever says, and counts its status', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let bytes = 0
    const server = createServer((request, response) => {
      response.writeHead(200, { 'demetra-store': STORE })
      const more = () => {
        while (response.writable && response.write(piece)) bytes += piece.length
      }
      request.resume().on('end', more)
      response.on('drain', more)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const producer = client(folder.path, { url: `http://127.0.0.1:${port}` }, { timeoutMs: 60_000 })
    expect(await producer.send(event('a', 1))).toMatchObject({ outcome: 'stored' })
    expect(bytes).toBeLessThan(64 * piece.length)
    await producer.close()
    server.close()
  })

  it.each(['', '/', '/base', '/base/', '/base//'])('posts to /events below the URL (%s)', async (path) => {
    const paths: string[] = []
    const server = createServer((request, response) => {
      paths.push(request.url ?? '')
      response.writeHead(200, { 'demetra-store': STORE }).end('{}')
    }).listen(0, '::1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const producer = client(folder.path, { url: `http://[::1]:${port}${path}` })
    expect(await producer.send(event('a', 1))).toMatchObject({ outcome: 'stored' })
    expect(paths).toEqual([`${path.replace(/\/+$/, '')}/events`])
    await producer.close()
    server.close()
  })

  it('believes no 200 that names no store', async () => {
    receiver.store = null
    const producer = client(folder.path, receiver)
    expect(await producer.send(event('a', 1))).toMatchObject({
      outcome: 'spooled',
      reason: expect.stringContaining('no Demetra'),
    })
    await producer.close()
  })

  it.each([400, 413, 422])('sets aside what the server refuses with %i, with the reason', async (status) => {
    receiver.fault = () => ({ status, body: { error: { code: 'DEMETRA_X', message: 'too odd' } } })
    const producer = client(folder.path, receiver)
    const { outcome, reason } = await producer.send(event('a', 1))
    expect({ outcome, reason }).toEqual({ outcome: 'refused', reason: `${status} DEMETRA_X, too odd` })
    await producer.close()
    expect(refusedIn(folder.path)).toMatchObject([{ status, reason, event: { payload: { n: 1 } } }])
  })

  it('sends events of one aggregate one after the other, others beside them', async () => {
    receiver.fault = ([first]) => (first?.meta.aggregate_id === 'slow' ? 'stall' : undefined)
    const producer = client(folder.path, receiver)
    const slow = Promise.all([1, 2, 3].map((n) => producer.send(event('slow', n))))
    const quick = await Promise.all([1, 2, 3].map((n) => producer.send(event('quick', n))))
    expect(quick.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored'])
    await until('the first slow one is on its way', () => receiver.requests.length >= 4)
    await receiver.away()
    expect((await slow).map(({ outcome }) => outcome)).toEqual(['spooled', 'spooled', 'spooled'])
    // the second and the third never were on the way
    expect(receiver.requests.length).toBe(4)
    await producer.close()
    receiver.fault = () => undefined
    await receiver.listen()
    await drain(folder.path, receiver)
    expect(receiver.numbers()).toEqual({ quick: [1, 2, 3], slow: [1, 2, 3] })
  })

  it('spools the later events of an aggregate that the spool holds, and of no other', async () => {
    await receiver.away()
    const producer = client(folder.path, receiver)
    await producer.send(event('a', 1))
    await receiver.listen()
    expect(await producer.send(event('a', 2))).toMatchObject({ outcome: 'spooled' })
    expect(await producer.send(event('b', 1))).toMatchObject({ outcome: 'stored' })
    await drain(folder.path, receiver)
    expect(await producer.send(event('a', 3))).toMatchObject({ outcome: 'stored' })
    expect(receiver.numbers()).toEqual({ b: [1], a: [1, 2, 3] })
    await producer.close()
    expect(spoolFiles(folder.path)).toEqual([])
  })

  it('does so for events that another process has spooled, now or before it began', async () => {
    await receiver.away()
    const [one, other] = [client(folder.path, receiver), client(folder.path, receiver)]
    await one.send(event('a', 1))
    await receiver.listen()
    expect(await other.send(event('a', 2))).toMatchObject({ outcome: 'spooled' })
    expect(await one.send(event('a', 3))).toMatchObject({ outcome: 'spooled' })
    const third = client(folder.path, receiver)
    expect(await third.send(event('a', 4))).toMatchObject({ outcome: 'spooled' })
    expect(await third.send(event('b', 1))).toMatchObject({ outcome: 'stored' })
    await drain(folder.path, receiver)
    expect(receiver.numbers()).toEqual({ b: [1], a: [1, 2, 3, 4] })
    await Promise.all([one, other, third].map((each) => each.close()))
  })

  it('spools everything until it has read a long spool of others', async () => {
    await receiver.away()
    const one = client(folder.path, receiver)
    const long = 'x'.repeat(1000)
    await Promise.all(
      Array.from({ length: 500 }, (_, n) => one.send({ ...event(`a${n}`, n), payload: { n, long } })),
    )
    await receiver.listen()
    const other = client(folder.path, receiver)
    expect(await other.send(event('new', 1))).toMatchObject({ outcome: 'spooled' })
    let tries = 0
    await until('it has read the spool', async () => {
      const { outcome } = await other.send(event(`new${(tries += 1)}`, 1))
      return outcome === 'stored'
    })
    expect(await other.send(event('a7', 8))).toMatchObject({ outcome: 'spooled' })
    await Promise.all([one.close(), other.close()])
  })

  it('writes a line that can be read, and names the store where it knows it', async () => {
    const producer = client(folder.path, receiver)
    await producer.send(event('a', 1))
    receiver.fault = () => ({ status: 503 })
    const { id } = await producer.send(event('a', 2))
    await producer.close()
    const [name] = spoolFiles(folder.path)
    const line = JSON.parse(readFileSync(join(folder.path, name!), 'utf8')) as object
    expect(line).toMatchObject({ crc: expect.any(String), aggregate: 'a', event: { id, payload: { n: 2 } } })
    expect(JSON.parse(readFileSync(join(folder.path, 'store.json'), 'utf8'))).toEqual({ store: STORE })
  })

  it('refuses to spool for another store than the spool is for, until that is empty', async () => {
    receiver.fault = ([first]) => (first?.payload.n === 2 ? { status: 503 } : undefined)
    const producer = client(folder.path, receiver)
    await producer.send(event('a', 1))
    await producer.send(event('a', 2))
    receiver.store = '00000000-0000-4000-8000-000000000002'
    await producer.send(event('b', 1))
    await expect(producer.send(event('b', 2))).rejects.toMatchObject({ code: 'DEMETRA_SPOOL_OTHER_STORE' })
    receiver.store = STORE
    receiver.fault = () => undefined
    await drain(folder.path, receiver)
    expect(existsSync(join(folder.path, 'store.json'))).toBe(false)
    await producer.close()
  })
})

describe('createClient', () => {
  it('refuses what cannot work, and shows no secret', () => {
    const wrong = (url: string, token: string) => () => client(folder.path, { url }, { token })
    expect(wrong('ftp://host', TOKEN)).toThrow('The URL of the service cannot be used')
    expect(wrong('https://me:hidden@host', TOKEN)).toThrow(/^(?!.*hidden).*$/)
    expect(wrong('https://host', 'hid\nden')).toThrow(/^(?!.*hid).*$/)
    for (const url of ['https://host/?a=1', 'https://host/#a', 'https://host/events', 'https://host/events/'])
      expect(wrong(url, TOKEN)).toThrow('expected it without')
    for (const timeoutMs of [0, -1, 1.5, NaN, Infinity, 2 ** 31])
      expect(() => client(folder.path, receiver, { timeoutMs })).toThrow('cannot work with timeoutMs')
    expect(() => client(folder.path, receiver, { maxRequests: 0 })).toThrow('cannot work with maxRequests')
    expect(() => client('/dev/null/spool', receiver)).toThrow('The spool /dev/null/spool cannot be used')
  })
})
