import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { client, event } from '../client/support.ts'
import { Receiver, TOKEN } from '../client/receiver.ts'
import { damagedLine } from '../../src/client/spool/refused-line.ts'
import { until } from '../servers/poll.ts'
import { demetra, parseJson, ROOT, shell, temporaryFolder, type SpawnOptions } from './demetra.ts'

let receiver: Receiver
let folder: ReturnType<typeof temporaryFolder>
beforeEach(async () => {
  receiver = await new Receiver().listen()
  folder = temporaryFolder()
  await receiver.away()
  const producer = client(folder.path, receiver)
  for (const n of [1, 2, 3]) await producer.send(event('a', n))
  await producer.close()
  await receiver.listen()
})
afterEach(async () => {
  await receiver.away()
  folder[Symbol.dispose]()
})

const run = (args: readonly string[], options: SpawnOptions = {}) =>
  demetra(['deliver', folder.path, ...args], {
    env: { DEMETRA_URL: receiver.url, DEMETRA_TOKEN: TOKEN },
    ...options,
  })

describe('demetra deliver', () => {
  it('delivers, and says how much', async () => {
    expect(await run([])).toMatchObject({ code: 0, stdout: `${folder.path}: 3 delivered\n`, stderr: '' })
    expect(receiver.numbers()).toEqual({ a: [1, 2, 3] })
  })

  it('takes the URL as a flag, and tells as JSON', async () => {
    const outcome = await run(['--json', '--url', receiver.url], { env: { DEMETRA_TOKEN: TOKEN } })
    expect(parseJson(outcome)).toEqual({
      status: 0,
      result: { delivered: 3, duplicates: 0, setAside: 0, damaged: 0, left: 0, stopped: null },
      warnings: [],
    })
  })

  it('exits 3 where events are set aside, and says where they are', async () => {
    receiver.refuse = ({ payload }) => (payload.n === 2 ? 422 : undefined)
    const { code, stdout } = await run([])
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: `${folder.path}: 2 delivered, 1 set aside (${folder.path}/refused.ndjson)\n`,
    })
  })

  it('exits 5 where the server is away, and says how much is left', async () => {
    await receiver.away()
    const outcome = await run(['--json', '--give-up-after', 'PT0S'])
    expect(parseJson(outcome)).toMatchObject({
      status: 5,
      result: { delivered: 0, left: 3 },
      error: {
        code: 'DEMETRA_SERVER_AWAY',
        context: { left: 3 },
        hints: [expect.stringContaining('--follow')],
      },
    })
  })

  it('exits 1 where the token is not taken, names the command, and never the token', async () => {
    const { code, stdout, stderr } = await run([], {
      env: { DEMETRA_URL: receiver.url, DEMETRA_TOKEN: 'demetra_old_hidden' },
    })
    expect(code).toBe(1)
    expect(stdout).toBe(`${folder.path}: 0 delivered, 3 left\n`)
    expect(stderr).toContain('demetra token create --service')
    expect(stdout + stderr).not.toContain('hidden')
  })

  it('exits 2 without a URL or a token, 4 without a spool', async () => {
    expect(await run([], { env: { DEMETRA_TOKEN: TOKEN } })).toMatchObject({ code: 2 })
    expect(await run([], { env: { DEMETRA_URL: receiver.url } })).toMatchObject({ code: 2 })
    const env = { DEMETRA_URL: receiver.url, DEMETRA_TOKEN: TOKEN }
    expect(await demetra(['deliver', `${folder.path}/none`], { env })).toMatchObject({ code: 4 })
  })

  it('follows until it is told to end, and keeps a second run out', async () => {
    const following = run(['--follow', '--json'], {
      onSpawn: (child) =>
        void until('all has arrived', () => receiver.events.length === 3)
          .then(async () => {
            const second = await run([])
            expect(second.code).toBe(11)
            expect(second.stderr).toContain(`process ${child.pid}`)
            const producer = client(folder.path, receiver)
            receiver.fault = ([one]) => (one?.payload.n === 4 ? { status: 503 } : undefined)
            expect(await producer.send(event('a', 4))).toMatchObject({ outcome: 'spooled' })
            receiver.fault = () => undefined
            await until('what comes later arrives', () => receiver.events.length === 4)
            await producer.close()
          })
          .finally(() => child.kill('SIGINT')),
    })
    expect(parseJson(await following)).toMatchObject({ status: 130, result: { delivered: 4, left: 0 } })
    expect(receiver.numbers()).toEqual({ a: [1, 2, 3, 4] })
  })
})

describe('the guide to the service', () => {
  it('brings back to the byte what was set aside, to the service and to the store', async () => {
    const guide = readFileSync(join(ROOT, 'docs', 'service.md'), 'utf8')
    const commands = guide.match(/^sed .*refused\.ndjson.*$/gm) ?? []
    expect(commands).toHaveLength(2)
    await receiver.away()
    const producer = client(folder.path, receiver)
    const payload = { n: 9007199254740993n, event: { text: ',"event":{"n":1}}' } }
    await producer.send({ ...event('b', 1), payload })
    await producer.close()
    await receiver.listen()
    const reason = { code: 'X', message: 'unlike ","event":{' }
    receiver.fault = () => ({ status: 400, body: { error: reason } })
    expect(await run([])).toMatchObject({ code: 3 })
    appendFileSync(join(folder.path, 'refused.ndjson'), damagedLine(1, 'damaged', Buffer.of(1)))
    receiver.fault = () => undefined
    const env = { DEMETRA_URL: receiver.url, DEMETRA_TOKEN: TOKEN }
    for (const command of commands) {
      expect(await shell(command, { cwd: folder.path, env })).toMatchObject({ code: 0 })
    }
    expect(receiver.numbers()).toMatchObject({ a: [1, 2, 3], b: [expect.anything()] })
    const exported = (await demetra(['export'], { cwd: folder.path })).stdout.trimEnd().split('\n')
    expect(exported.toSorted()).toEqual([...receiver.texts.values()].toSorted())
  })
})
