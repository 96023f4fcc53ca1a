import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openObjectStore } from '../../src/object-store/open.ts'
import { S3ObjectStore } from '../../src/object-store/s3.ts'
import { parseS3Url } from '../../src/object-store/s3/location.ts'
import { all, bytes, create, readAll } from '../contracts/object-store/support.ts'
import { freePort } from '../servers/free-port.ts'
import { startHttpProxy } from '../servers/http-proxy.ts'
import {
  describeWithMinio,
  describeWithVersitygw,
  S3_ENVIRONMENT,
  startS3,
  type S3Server,
} from '../servers/s3.ts'

const open = (url: string): S3ObjectStore =>
  new S3ObjectStore(parseS3Url(url), { deadlineMs: 5000, noConnectionMs: 50, firstPauseMs: 1 })

/** Every call fails so. */
async function expectFailure(url: string, expected: { code: string; exitCode: number }): Promise<void> {
  const store = open(url)
  const calls = [
    () => create(store, 'a', bytes('x')),
    () => store.head('a'),
    () => readAll(store, 'a'),
    () => store.readRange('a', 0, 1),
    () => all(store.list('')),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject(expected)
  await store.close()
}

const useEnvironment = (): void => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
  })
}

function errorsOf(kind: 'versitygw' | 'minio'): void {
  let server: S3Server
  let bucket: string
  beforeAll(async () => {
    server = await startS3(kind, { region: 'eu-south-1' })
    bucket = await server.createBucket()
  })
  afterAll(() => server.stop())
  useEnvironment()

  test('wrong credentials are said to be wrong, and not shown', async () => {
    const failure = { code: 'DEMETRA_ARCHIVE_CREDENTIALS', exitCode: 1 }
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-the-secret')
    await expectFailure(server.url(bucket), failure)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody-knows')
    await expectFailure(server.url(bucket), failure)
    const error: unknown = await open(server.url(bucket))
      .head('a')
      .catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toMatch(/not-the-secret|nobody-knows/u)
  })

  test('no credentials at all: where they come from', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
    await expectFailure(server.url(bucket), { code: 'DEMETRA_ARCHIVE_CREDENTIALS', exitCode: 1 })
    await expect(open(server.url(bucket)).head('a')).rejects.toThrow(/none were found/u)
  })

  test('a bucket that is not there', async () => {
    await expectFailure(server.url('no-such-bucket'), { code: 'DEMETRA_ARCHIVE_NO_BUCKET', exitCode: 1 })
  })

  test('another region: which one it is', async () => {
    const elsewhere = server.url(bucket).replace('eu-south-1', 'eu-west-3')
    await expectFailure(elsewhere, { code: 'DEMETRA_ARCHIVE_REGION', exitCode: 1 })
    await expect(open(elsewhere).head('a')).rejects.toThrow(/in the region eu-south-1/u)
  })
}

describeWithVersitygw('what goes wrong with versitygw is explained', () => errorsOf('versitygw'))
describeWithMinio('what goes wrong with MinIO is explained', () => errorsOf('minio'))

describe('what goes wrong with S3 is explained', () => {
  useEnvironment()

  test('nobody answers', async () => {
    const port = await freePort()
    const failure = { code: 'DEMETRA_ARCHIVE_UNREACHABLE', exitCode: 10 }
    await expectFailure(`s3://bucket/archive?endpoint=http://127.0.0.1:${port}`, failure)
  })

  test('rights that are missing, an object on ice, a disk that is full, a server that knows less', async () => {
    const cases = [
      [403, 'AccessDenied', 'DEMETRA_ARCHIVE_RIGHTS', 1],
      [403, 'InvalidObjectState', 'DEMETRA_ARCHIVE_FROZEN', 1],
      [507, 'XMinioStorageFull', 'DEMETRA_ARCHIVE_FULL', 5],
      [400, 'InvalidRequest', 'DEMETRA_ARCHIVE_FAILED', 1],
      [501, 'NotImplemented', 'DEMETRA_ARCHIVE_FAILED', 1],
    ] as const
    await using proxy = await startHttpProxy(0)
    for (const [answer, code, expected, exitCode] of cases) {
      proxy.failAlways({ answer, code })
      const url = `s3://bucket/archive?endpoint=http://127.0.0.1:${proxy.port}`
      const store = new S3ObjectStore(parseS3Url(url), { deadlineMs: 500, firstPauseMs: 1 })
      await expect(store.read('a')).rejects.toMatchObject({ code: expected, exitCode })
      await expect(create(store, 'a', bytes('x'))).rejects.toMatchObject({ code: expected, exitCode })
      await store.close()
    }
  })

  test('no region at all is a usage error', async () => {
    await expect(open('s3://bucket').head('a')).rejects.toMatchObject({
      code: 'DEMETRA_ARCHIVE_URL',
      exitCode: 2,
    })
  })

  test('a URL of S3: bucket, path to the letter, options', () => {
    expect(parseS3Url('s3://bucket')).toMatchObject({ bucket: 'bucket', path: '', forcePathStyle: false })
    expect(parseS3Url('s3://my.bucket-1/a b/ü%20+@x.gz?region=eu-south-1')).toMatchObject({
      name: 's3://my.bucket-1/a b/ü%20+@x.gz',
      bucket: 'my.bucket-1',
      path: 'a b/ü%20+@x.gz',
      region: 'eu-south-1',
      endpoint: undefined,
    })
    expect(parseS3Url('s3://b-1/p/?endpoint=https://s3.example.com:9000')).toMatchObject({
      path: 'p/',
      endpoint: 'https://s3.example.com:9000',
      forcePathStyle: true,
    })
    const virtual = 's3://b-1?endpoint=http%3A%2F%2Fs3.example.com&forcePathStyle=false'
    expect(parseS3Url(virtual)).toMatchObject({ endpoint: 'http://s3.example.com', forcePathStyle: false })
  })

  test('a URL that is wrong is a usage error, and shows no secret', async () => {
    const wrong = [
      's3://',
      's3:///path',
      's3://a_b c/x',
      's3://bucket/p?regoin=eu-west-1',
      's3://bucket/p?endpoint=localhost:9000',
      's3://bucket/p?endpoint=http://user:hunter2@host',
      's3://AKIAX:hunter2@bucket/p',
      's3://AKIAX:hunter2/and/more@bucket/p',
      's3://bucket/p?forcePathStyle=yes',
      's3://bucket/p?secret_access_key=hunter2',
    ]
    for (const url of wrong) {
      const failing = openObjectStore(url)
      await expect(failing, url).rejects.toMatchObject({ code: 'DEMETRA_ARCHIVE_URL', exitCode: 2 })
      await expect(failing, url).rejects.not.toThrow(/hunter2/u)
    }
    await expect(openObjectStore('s3://bucket?regoin=x')).rejects.toThrow(/did you mean "region"/u)
  })
})
