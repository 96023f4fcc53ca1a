import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { demetra, parseJson, RUN, temporaryFolder } from '../cli/demetra.ts'
import { freePort } from '../servers/free-port.ts'
import { client, event } from './support.ts'

/** The true service, as it is built, on SQLite. */
let folder: ReturnType<typeof temporaryFolder>
let spool: string
let serve: ChildProcess | null
let port: number
let token: string
beforeEach(async () => {
  folder = temporaryFolder()
  spool = join(folder.path, 'spool')
  port = await freePort()
  token = (await run('token', 'create', '--service', 'shop')).stdout.trim()
  await startServing()
})
afterEach(async () => {
  await stopServing('SIGKILL')
  folder[Symbol.dispose]()
})

const run = (...args: string[]) =>
  demetra(args, { cwd: folder.path, env: { DEMETRA_URL: `http://127.0.0.1:${port}`, DEMETRA_TOKEN: token } })
const producer = (): Client => client(spool, { url: `http://127.0.0.1:${port}` }, { token })

async function startServing(): Promise<void> {
  serve = spawn(process.execPath, [RUN, 'serve', '--port', String(port)], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(serve.stdout as NodeJS.ReadableStream, 'data')
}

async function stopServing(signal: NodeJS.Signals): Promise<void> {
  if (serve === null) return
  const exited = once(serve, 'exit')
  serve.kill(signal)
  await exited
  serve = null
}

/** `n` of the events in the store, by aggregate, in log order. */
async function stored(): Promise<Record<string, number[]>> {
  const lines = (await run('export')).stdout.trimEnd().split('\n')
  const numbers: Record<string, number[]> = {}
  for (const line of lines) {
    const { meta, payload } = JSON.parse(line) as { meta: { aggregate_id: string }; payload: { n: number } }
    ;(numbers[meta.aggregate_id] ??= []).push(payload.n)
  }
  return numbers
}

it('demetra serve tells the client and deliver what it stores, knows, and refuses', async () => {
  const sender = producer()
  const id = '0b8a3a5e-1111-4222-8333-444455556666'
  const first = event('a', 1, { id, meta: { ...event('a', 1).meta, created_at: '2026-01-01T00:00:00Z' } })
  expect(await sender.send(first)).toMatchObject({ outcome: 'stored' })
  expect(await sender.send(first)).toMatchObject({ outcome: 'duplicate' })
  expect(await sender.send({ ...first, payload: { n: 9 } })).toMatchObject({
    outcome: 'refused',
    reason: expect.stringMatching(/^422 DEMETRA_/),
  })
  const noTime = { ...event('a', 2).meta, created_at: 'yesterday' }
  expect(await sender.send({ ...event('a', 2), meta: noTime })).toMatchObject({
    outcome: 'refused',
    reason: expect.stringMatching(/^400 DEMETRA_.*created_at/),
  })
  await stopServing('SIGTERM')
  expect(await sender.send(event('a', 3))).toMatchObject({ outcome: 'spooled' })
  expect(
    await sender.send({ ...event('b', 1), meta: { ...event('b', 1).meta, created_at: 'now' } }),
  ).toMatchObject({
    outcome: 'spooled',
  })
  await sender.close()
  await startServing()
  expect(parseJson(await run('deliver', spool, '--json'))).toMatchObject({
    status: 3,
    result: { delivered: 1, setAside: 1, left: 0 },
  })
  expect(await stored()).toEqual({ a: [1, 3] })
})

it('a token that is revoked stops deliver, and another one goes on', async () => {
  await stopServing('SIGKILL')
  const sender = producer()
  for (const n of [1, 2, 3]) await sender.send(event('a', n))
  await sender.close()
  const [, tokenId = ''] = token.split('_')
  expect(await run('token', 'revoke', tokenId)).toMatchObject({ code: 0 })
  await startServing()
  const { code, stderr } = await run('deliver', spool)
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('demetra token create') as string,
  })
  token = (await run('token', 'create', '--service', 'billing')).stdout.trim()
  expect(await run('deliver', spool)).toMatchObject({ code: 1 })
  token = (await run('token', 'create', '--service', 'shop')).stdout.trim()
  expect(await run('deliver', spool)).toMatchObject({ code: 0 })
  expect(await stored()).toEqual({ a: [1, 2, 3] })
})

it(
  'a service that is killed while events come in has all of them in the end, once and in order',
  { timeout: 180_000 },
  async () => {
    const senders = [producer(), producer()]
    const aggregates = ['a', 'b', 'c', 'd', 'e']
    const over = new AbortController()
    const sent = Promise.all(
      aggregates.map(async (aggregate, i) => {
        let n = 0
        while (!over.signal.aborted) {
          await senders[i % 2]?.send(event(aggregate, (n += 1)))
          await delay(20)
        }
        return n
      }),
    )
    for (let round = 0; round < 2; round += 1) {
      await senders[0]?.send(event(`round ${round}`, 1))
      await stopServing('SIGKILL')
      await startServing()
      await run('deliver', spool)
    }
    over.abort()
    const counts = await sent
    await Promise.all(senders.map((each) => each.close()))
    expect(await run('deliver', spool)).toMatchObject({ code: 0 })
    const numbers = await stored()
    for (const [i, aggregate] of aggregates.entries()) {
      expect(numbers[aggregate]).toEqual(Array.from({ length: counts[i] as number }, (_, n) => n + 1))
    }
  },
)
