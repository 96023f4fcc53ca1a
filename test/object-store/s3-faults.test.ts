import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { S3ObjectStore } from '../../src/object-store/s3.ts'
import { parseS3Url } from '../../src/object-store/s3/location.ts'
import {
  all,
  bytes,
  create,
  expectContent,
  keysOf,
  noise,
  readAll,
} from '../contracts/object-store/support.ts'
import { until } from '../servers/poll.ts'
import { startHttpProxy, type HttpFault, type HttpProxy } from '../servers/http-proxy.ts'
import { describeWithVersitygw, S3_ENVIRONMENT, startS3, type S3Server } from '../servers/s3.ts'

/** On a busy machine nothing else may seem to stall. */
const QUICK = { stallMs: 10_000, deadlineMs: 60_000, noConnectionMs: 10_000, firstPauseMs: 1 }
const STALL_MS = 200
const CONTENT = noise(2_000_000)

const never = (): never => {
  throw new Error('it is there')
}

describeWithVersitygw('an archive in S3 under faults', () => {
  let server: S3Server
  let proxy: HttpProxy
  let bucket: string
  let store: S3ObjectStore
  /** Takes a short silence for a lost line. */
  let impatient: S3ObjectStore
  /** Past the proxy. */
  let direct: S3ObjectStore
  beforeAll(async () => {
    server = await startS3('versitygw')
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
    bucket = await server.createBucket()
    proxy = await startHttpProxy(server.port)
    store = open(server.url(bucket, '', proxy.port))
    impatient = open(server.url(bucket, '', proxy.port), { stallMs: STALL_MS })
    direct = open(server.url(bucket))
  })
  afterEach(async () => {
    await store.close()
    await impatient.close()
    await direct.close()
    await proxy.stop()
  })

  const open = (url: string, timing = {}): S3ObjectStore =>
    new S3ObjectStore(parseS3Url(url), { ...QUICK, ...timing })
  const tries = (method: string): number => proxy.seen.filter((seen) => seen.startsWith(`${method} `)).length

  const BUSY: HttpFault[] = [
    { answer: 500, code: 'InternalError' },
    { answer: 503, code: 'SlowDown' },
    { answer: 503, code: '' },
    { answer: 429, code: 'TooManyRequests' },
    { answer: 400, code: 'RequestTimeout' },
    { answer: 409, code: 'ConditionalRequestConflict' },
  ]

  test('an upload is made again while the server is busy, resets or does not answer, and is there once', async () => {
    const faults: HttpFault[] = [...BUSY, { resetUploadAt: 70_000 }]
    proxy.fail('PUT', ...faults)
    expect(await create(store, 'a', CONTENT)).toBe('created')
    expect(tries('PUT')).toBe(faults.length + 1)
    await expectContent(direct, 'a', CONTENT)
    proxy.fail('PUT', 'no answer')
    expect(await create(impatient, 'b', CONTENT)).toMatch(/^(?:created|same)$/u)
    await expectContent(direct, 'b', CONTENT)
    expect(await keysOf(direct)).toEqual(['a', 'b'])
  })

  test('an upload whose answer is lost is found to be our own', async () => {
    proxy.fail('PUT', 'lose answer', 'lose answer')
    expect(await create(store, 'a', CONTENT.subarray(0, 1_000_000), CONTENT.subarray(1_000_000))).toBe('same')
    await expectContent(direct, 'a', CONTENT)
  })

  test('an upload whose answer is lost over the object of another changes nothing', async () => {
    await create(direct, 'a', bytes('of another'))
    proxy.fail('PUT', 'lose answer')
    expect(await create(store, 'a', CONTENT)).toBe('different')
    await expectContent(direct, 'a', bytes('of another'))
  })

  test('what is asked of S3 is asked again while it is busy', async () => {
    await create(direct, 'a', CONTENT)
    proxy.fail('GET', ...BUSY)
    expect((await readAll(store, 'a'))?.equals(CONTENT)).toBe(true)
    const some: HttpFault[] = [{ answer: 500, code: '' }, { answer: 503, code: 'SlowDown' }, 'lose answer']
    proxy.fail('GET', ...some)
    expect(CONTENT.subarray(5, 12).equals(await store.readRange('a', 5, 7))).toBe(true)
    proxy.fail('HEAD', ...some)
    expect(await store.head('a')).toMatchObject({ sizeBytes: CONTENT.length })
    proxy.fail('GET', ...some, { resetAt: 30 })
    expect(await keysOf(store)).toEqual(['a'])
  })

  test('what is asked of S3 is asked again where no answer comes, or no end of it', async () => {
    await create(direct, 'a', CONTENT)
    proxy.fail('HEAD', 'no answer')
    expect(await impatient.head('a')).toMatchObject({ sizeBytes: CONTENT.length })
    for (const fault of ['no answer', { stallAt: 0 }, { stallAt: 30 }] as const) {
      proxy.fail('GET', fault)
      expect((await readAll(impatient, 'a'))?.equals(CONTENT)).toBe(true)
      proxy.fail('GET', fault)
      expect(CONTENT.subarray(5, 99).equals(await impatient.readRange('a', 5, 94))).toBe(true)
    }
    proxy.fail('GET', { stallAt: 30 })
    expect(await keysOf(impatient)).toEqual(['a'])
  })

  test('reading goes on where the line breaks', async () => {
    await create(direct, 'a', CONTENT)
    proxy.fail(
      'GET',
      { resetAt: 0 },
      { resetAt: 100_000 },
      { answer: 503, code: 'SlowDown' },
      { resetAt: 99 },
    )
    expect((await readAll(store, 'a'))?.equals(CONTENT)).toBe(true)
    expect(tries('GET')).toBe(5)
    proxy.fail('GET', { resetAt: 0 }, { resetAt: 100_000 })
    const found = await store.readRange('a', 500_000, 700_000)
    expect(CONTENT.subarray(500_000, 1_200_000).equals(found)).toBe(true)
    expect(tries('GET')).toBe(8)
  })

  test('a reader that takes its time gets everything', async () => {
    await create(direct, 'a', noise(9_000_000))
    const hash = createHash('sha256')
    for await (const piece of (await impatient.read('a')) ?? []) {
      hash.update(piece)
      await until('the line is given up', () => proxy.broken > 0)
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(noise(9_000_000)).digest('hex'))
  })

  test('a flipped byte is an error, also where reading had to go on', async () => {
    await create(direct, 'a', CONTENT)
    const changed = { code: 'DEMETRA_ARCHIVE_OBJECT', exitCode: 1 }
    for (const flipAt of [0, 1_000_000, CONTENT.length - 1]) {
      proxy.fail('GET', { flipAt })
      await expect(readAll(store, 'a')).rejects.toMatchObject(changed)
    }
    proxy.fail('GET', { resetAt: 100_000 }, { flipAt: 7 })
    await expect(readAll(store, 'a')).rejects.toMatchObject(changed)
    expect((await readAll(store, 'a'))?.equals(CONTENT)).toBe(true)
  })

  test('an upload that is changed on its way is sent again', async () => {
    proxy.fail('PUT', { answer: 400, code: 'BadDigest' })
    expect(await create(store, 'a', CONTENT)).toBe('created')
  })

  test('where nothing helps it gives up, in time, with what to do', async () => {
    await create(direct, 'a', CONTENT)
    const unreachable = { code: 'DEMETRA_ARCHIVE_UNREACHABLE', exitCode: 10 }
    const hasty = open(server.url(bucket, '', proxy.port), { stallMs: 50, deadlineMs: 100 })
    for (const fault of [{ answer: 503, code: 'SlowDown' }, 'no answer'] as const) {
      proxy.failAlways(fault)
      await expect(create(hasty, 'b', CONTENT)).rejects.toMatchObject(unreachable)
      await expect(hasty.head('a')).rejects.toMatchObject(unreachable)
    }
    for (const fault of [{ answer: 500, code: '' }, 'no answer', { stallAt: 3 }, { resetAt: 3 }] as const) {
      proxy.failAlways(fault)
      await expect(readAll(hasty, 'a')).rejects.toMatchObject(unreachable)
      await expect(hasty.readRange('a', 0, 1000)).rejects.toMatchObject(unreachable)
      await expect(all(hasty.list(''))).rejects.toMatchObject(unreachable)
    }
    await hasty.close()
  })

  test('what it gives up by is said in one line', async () => {
    const saying = (reason: string) => ({
      code: 'DEMETRA_ARCHIVE_UNREACHABLE',
      message: `The object store s3://${bucket}/ cannot be reached (${reason})`,
    })
    // tried twice, and the second time it has three seconds for its answer
    const patient = open(server.url(bucket, '', proxy.port), { firstPauseMs: 2000, deadlineMs: 5000 })
    proxy.failAlways({ answer: 503, code: 'SlowDown' })
    await expect(create(patient, 'b', CONTENT)).rejects.toMatchObject(
      saying('SlowDown: as the test wants it'),
    )
    await expect(patient.head('b')).rejects.toMatchObject(saying('status 503'))
    proxy.failAlways({ resetAt: 3 })
    await expect(patient.read('none')).rejects.toMatchObject(saying('ECONNRESET: aborted'))
    await patient.close()
    const hasty = open(server.url(bucket, '', proxy.port), { stallMs: 50, deadlineMs: 200 })
    for (const fault of ['no answer', { stallAt: 3 }] as const) {
      proxy.failAlways(fault)
      await expect(hasty.read('none')).rejects.toMatchObject(saying('no answer in time'))
    }
    await hasty.close()
  })

  test('a body that breaks before anybody reads it is no end of the process', async () => {
    await create(direct, 'a', CONTENT)
    proxy.fail('GET', { resetAt: 100_000 })
    const found = await store.read('a')
    await until('the line is broken', () => proxy.broken === 1)
    expect(Buffer.concat(await all(found ?? never())).equals(CONTENT)).toBe(true)
  })

  test('an object that is replaced while it is read is an error', async () => {
    await create(direct, 'a', CONTENT)
    proxy.fail('GET', { stallAt: 1000 })
    const pieces = (await impatient.read('a')) ?? never()
    await server.put(bucket, 'a', noise(2_000_001).subarray(1))
    await expect(all(pieces)).rejects.toMatchObject({ code: 'DEMETRA_ARCHIVE_OBJECT' })
  })

  test('a server that is killed and comes back has what it acknowledged', async () => {
    await create(store, 'a', CONTENT)
    await server.kill()
    const late = open(server.url(bucket), { noConnectionMs: 20_000 })
    const created = create(late, 'b', bytes('late'))
    await server.restart()
    expect(await created).toBe('created')
    await expectContent(late, 'a', CONTENT)
    await late.close()
  })
})
