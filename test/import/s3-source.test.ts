import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { expandSources, openSource, type Source, type SourceSpec } from '../../src/import/source.ts'
import { startHttpProxy, type HttpProxy } from '../servers/http-proxy.ts'
import { until } from '../servers/poll.ts'
import { describeWithVersitygw, S3_ENVIRONMENT, startS3, type S3Server } from '../servers/s3.ts'

const text = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `{"n":${i},"x":${Math.sin(i)}}\n`).join(''))

/** All that can be read, and why no more. */
async function readAll(source: Source, fromByte = 0): Promise<{ bytes: Buffer; error?: unknown }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of source.chunks(fromByte)) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks) }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
}

describeWithVersitygw('a source in S3', () => {
  let server: S3Server
  let proxy: HttpProxy
  let bucket: string
  let folder: string
  beforeAll(async () => {
    server = await startS3('versitygw')
    folder = mkdtempSync(join(tmpdir(), 'demetra-s3-source-'))
  })
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
    bucket = await server.createBucket()
    proxy = await startHttpProxy(server.port)
  })
  afterEach(() => proxy.stop())

  const specOf = (key: string): SourceSpec => {
    const [spec] = expandSources([server.url(bucket, key, proxy.port)], folder)
    if (spec === undefined) throw new Error('there is one')
    return spec
  }

  const forms = [
    ['none', text],
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ] as const

  test.each(forms)(
    '%s: read whole, or from a byte on, through a line that breaks',
    async (compression, bytes) => {
      await server.put(bucket, 'dumps/May 2016 #1.ndjson', bytes)
      const spec = specOf('dumps/May 2016 #1.ndjson')
      expect(spec.name).toBe(`s3://${bucket}/dumps/May 2016 #1.ndjson`)
      const source = await openSource(spec)
      expect(source).toMatchObject({ compression, path: null, sizeBytes: bytes.length })
      expect((await source.head(100_000)).equals(text.subarray(0, 100_000))).toBe(true)
      expect((await readAll(source)).bytes.equals(text)).toBe(true)
      expect(source.bytesRead).toBe(bytes.length)
      proxy.fail('GET', { resetAt: 100_000 }, { answer: 503, code: 'SlowDown' })
      const later = await openSource(spec)
      expect((await readAll(later, 700_001)).bytes.equals(text.subarray(700_001))).toBe(true)
    },
  )

  test.each(forms.slice(1))('%s that is damaged: as much comes out of it as of a file', async (_, bytes) => {
    const damaged = Buffer.from(bytes)
    const at = Math.floor(damaged.length / 2)
    damaged.fill(0xff, at, at + 50)
    await server.put(bucket, 'damaged', damaged)
    writeFileSync(join(folder, 'damaged'), damaged)
    const ofFile = await readAll(await openSource({ name: 'damaged', path: join(folder, 'damaged') }))
    const found = await readAll(await openSource(specOf('damaged')))
    expect(found.bytes.equals(ofFile.bytes)).toBe(true)
    expect(found.error).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
  })

  test('what takes the place of an object that was proven is not read', async () => {
    await server.put(bucket, 'a', gzipSync(text))
    const source = await openSource(specOf('a'))
    await source.prove(() => undefined)
    await server.put(bucket, 'a', gzipSync(text, { level: 1 }))
    const { bytes, error } = await readAll(source)
    expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_UNREADABLE', exitCode: 4 })
    expect(String(error)).toContain('not those that were written')
    expect(text.subarray(0, bytes.length).equals(bytes)).toBe(true)
  })

  test('an object that is not there, a folder, a bucket that is not there', async () => {
    const missing = { code: 'DEMETRA_SOURCE_MISSING', exitCode: 4 }
    await expect(openSource(specOf('none.csv'))).rejects.toMatchObject(missing)
    await expect(openSource(specOf('dumps/'))).rejects.toMatchObject(missing)
    await expect(openSource(specOf(''))).rejects.toMatchObject(missing)
    bucket = 'no-such-bucket'
    const failing = openSource(specOf('a'))
    await expect(failing).rejects.toMatchObject({ code: 'DEMETRA_SOURCE_UNREADABLE', exitCode: 4 })
    await expect(failing).rejects.toThrow(/no such bucket/u)
  })

  test('a flipped byte is an error that says to read it again', async () => {
    await server.put(bucket, 'a', text)
    proxy.fail('GET', { flipAt: 700_000 })
    const { error } = await readAll(await openSource(specOf('a')))
    expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_UNREADABLE', exitCode: 4 })
  })

  test('a wait for S3 ends with the signal', async () => {
    await server.put(bucket, 'a', text)
    const stopping = new AbortController()
    const spec = specOf('a')
    const source = await openSource(spec, undefined, stopping.signal)
    // the first bytes are there; what comes after is waited for
    proxy.failAlways({ stallAt: 0 })
    const again = openSource(spec, undefined, stopping.signal)
    await until('it waits', () => proxy.seen.filter((seen) => seen.startsWith('GET')).length >= 2)
    stopping.abort(new Error('Ctrl-C'))
    await expect(again).rejects.toThrow('Ctrl-C')
    await source.close()
  })

  test('a URL that is wrong is a usage error at once', () => {
    expect(() => expandSources(['s3://key:hunter2@bucket/a'], folder)).toThrow(/Credentials have no place/u)
    expect(() => expandSources(['s3://bucket/a?regoin=x'], folder)).toThrow(/did you mean "region"/u)
  })

  test('each object once', () => {
    const names = (...args: string[]) => expandSources(args, folder).map(({ name }) => name)
    expect(names('s3://b-1/a', '-', 's3://b-1/a', 's3://b-1/b')).toEqual(['s3://b-1/a', '-', 's3://b-1/b'])
  })
})
