import { execFileSync, spawn } from 'node:child_process'
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { expandSources, openSource, type Source } from '../../src/import/source.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'demetra-source-'))
  for (const name of ['b.ndjson', 'a.ndjson', 'c[1].csv', 'c1.csv']) writeFileSync(join(dir, name), name)
  mkdirSync(join(dir, 'sub.ndjson'))
})
afterAll(() => rmSync(dir, { recursive: true }))

const text = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `{"n":${i},"x":${Math.sin(i)}}\n`).join(''))

async function readAll(source: Source, fromByte?: number): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of source.chunks(fromByte)) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
}

function openBytes(bytes: Buffer, name = 'file'): Promise<Source> {
  const path = join(dir, name)
  writeFileSync(path, bytes)
  return openSource({ name, path })
}

function openPipe(pieces: Buffer[]): Promise<Source> {
  return openSource({ name: '-', path: null }, () => Readable.from(pieces))
}

async function failure(promise: Promise<unknown> | (() => unknown)): Promise<DemetraError> {
  try {
    await (typeof promise === 'function' ? promise() : promise)
  } catch (error) {
    if (error instanceof DemetraError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('expandSources', () => {
  const names = (...args: string[]) => expandSources(args, dir).map((spec) => spec.name)

  test('takes files, globs in the order of their names, and standard input, each once', () => {
    expect(names('c1.csv', '*.ndjson', '-', 'a.ndjson')).toEqual(['c1.csv', 'a.ndjson', 'b.ndjson', '-'])
    expect(expandSources(['-', 'a.ndjson'], dir)).toEqual([
      { name: '-', path: null },
      { name: 'a.ndjson', path: join(dir, 'a.ndjson') },
    ])
  })

  test('a file whose name looks like a glob is that file', () => {
    expect(names('c[1].csv')).toEqual(['c[1].csv'])
  })

  test.each([
    ['a missing file', 'no.csv', 'DEMETRA_SOURCE_MISSING'],
    ['a glob that matches nothing', '*.parquet', 'DEMETRA_SOURCE_NO_MATCH'],
    ['a glob that matches a directory only', 'sub.*', 'DEMETRA_SOURCE_NO_MATCH'],
    ['a directory', 'sub.ndjson', 'DEMETRA_SOURCE_DIRECTORY'],
  ])('%s is named, exit 4', async (_, arg, code) => {
    const error = await failure(() => names('a.ndjson', arg))
    expect(error).toMatchObject({ code, exitCode: 4 })
    expect(error.message).toContain(arg)
    expect(error.hints).not.toEqual([])
  })

  test('a directory: the hint shows how to import its files', async () => {
    expect((await failure(() => names(`${dir}/`))).hints[0]).toContain(`'${dir}/*.ndjson'`)
  })
})

describe('openSource', () => {
  test('a file that went away is named, exit 4', async () => {
    const error = await failure(openSource({ name: 'gone', path: join(dir, 'gone') }))
    expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_MISSING', exitCode: 4 })
  })

  const forms: [string, string, Buffer][] = [
    ['plain', 'none', text],
    ['gzip', 'gzip', gzipSync(text)],
    ['gzip of three members', 'gzip', Buffer.concat([0, 1, 2].map((n) => gzipSync(third(n))))],
    ['gzip with padding', 'gzip', Buffer.concat([gzipSync(text), Buffer.alloc(70_000)])],
    ['zstd', 'zstd', zstdCompressSync(text)],
    ['zstd of three frames', 'zstd', Buffer.concat([0, 1, 2].map((n) => zstdCompressSync(third(n))))],
    [
      'zstd with a skippable frame first',
      'zstd',
      Buffer.concat([Buffer.from('502a4d1804000000ffffffff', 'hex'), zstdCompressSync(text)]),
    ],
  ]

  test.each(forms)('%s: read whole, whatever its name', async (_, compression, bytes) => {
    const source = await openBytes(bytes, 'whatever.csv')
    expect(source).toMatchObject({ compression, sizeBytes: bytes.length, name: 'whatever.csv' })
    expect(await source.head(100)).toEqual(text.subarray(0, 100))
    expect((await source.head(600_000)).equals(text.subarray(0, 600_000))).toBe(true)
    const { bytes: got, error } = await readAll(source)
    expect(error).toBeUndefined()
    expect(got.equals(text)).toBe(true)
    expect(source.bytesRead).toBe(bytes.length)
  })

  test.each(forms)('%s: from a byte on, as a resume needs it', async (_, __, bytes) => {
    for (const peeked of [0, 1000]) {
      const source = await openBytes(bytes)
      await source.head(peeked)
      expect((await readAll(source, 700_001)).bytes.equals(text.subarray(700_001))).toBe(true)
    }
  })

  test.each(forms)('%s: through a pipe in pieces of any size', async (_, compression, bytes) => {
    for (const size of [977, 65_536]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (__, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      const source = await openPipe(pieces)
      expect(source).toMatchObject({ compression, sizeBytes: null })
      await source.head(10)
      expect((await readAll(source)).bytes.equals(text)).toBe(true)
    }
  })

  test('gzip members and zstd frames may end anywhere in a piece', async () => {
    for (const compress of [gzipSync, zstdCompressSync]) {
      const bytes = Buffer.concat(['ab', '', 'c', 'defg'].map((part) => compress(Buffer.from(part))))
      for (let cut = 1; cut < bytes.length; cut++) {
        const source = await openPipe([bytes.subarray(0, cut), bytes.subarray(cut)])
        expect((await readAll(source)).bytes.toString()).toBe('abcdefg')
      }
    }
  })

  test('an empty file has no chunks', async () => {
    const source = await openBytes(Buffer.alloc(0))
    expect(source).toMatchObject({ compression: 'none', sizeBytes: 0 })
    expect(await source.head(10)).toEqual(Buffer.alloc(0))
    expect((await readAll(source)).bytes.length).toBe(0)
  })

  test.each([1, 2, 3])('a text of %i bytes is read whole', async (length) => {
    expect((await readAll(await openBytes(text.subarray(0, length)))).bytes.length).toBe(length)
  })

  test('a redirected file has a size', async () => {
    writeFileSync(join(dir, 'in'), 'abc')
    const stream = createReadStream(join(dir, 'in'))
    await new Promise((resolve) => stream.once('open', resolve))
    const source = await openSource({ name: '-', path: null }, () => stream)
    expect(source.sizeBytes).toBe(3)
    expect((await readAll(source)).bytes.toString()).toBe('abc')
  })

  test('a stream that fails names the source', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('some bytes')
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' })
      })(),
    )
    const source = await openSource({ name: '-', path: null }, () => broken)
    const { bytes, error } = await readAll(source)
    expect(bytes.toString()).toBe('some bytes')
    expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_UNREADABLE', exitCode: 4 })
  })

  test.runIf(process.platform === 'linux')('a named pipe can be read, and files are closed', async () => {
    const before = readdirSync('/proc/self/fd').length
    const fifo = join(dir, 'fifo')
    execFileSync('mkfifo', [fifo])
    const opening = openSource({ name: 'fifo', path: fifo })
    writeFileSync(fifo, gzipSync('through a pipe'))
    const source = await opening
    expect(source.sizeBytes).toBeNull()
    expect((await readAll(source)).bytes.toString()).toBe('through a pipe')
    for await (const _ of (await openBytes(text)).chunks()) break
    for await (const _ of (await openBytes(gzipSync(text))).chunks()) break
    await (await openBytes(text)).close()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

describe('damaged compression', () => {
  const small = Buffer.from(Array.from({ length: 80 }, (_, i) => `{"n":${i},"x":${Math.cos(i)}}\n`).join(''))

  test('a gzip that is cut short gives all that can be decoded, then says where it stops', async () => {
    const bytes = gzipSync(text)
    const cut = bytes.subarray(0, 200_000)
    for (const source of [await openBytes(cut, 'cut.gz'), await openPipe([cut])]) {
      const { bytes: got, error } = await readAll(source)
      expect(error).toMatchObject({
        code: 'DEMETRA_SOURCE_TRUNCATED',
        exitCode: 4,
        context: { byteOffset: 200_000 },
      })
      expect((error as Error).message).toMatch(/^(cut\.gz|-) is cut short.*byte 200000.*no checksum vouches/)
      expect(got.equals(execFileSync('sh', ['-c', 'gzip -dc 2>/dev/null || true'], { input: cut }))).toBe(
        true,
      )
      expect(got.length).toBeGreaterThan(100_000)
    }
  })

  test('cut in the last bytes, nothing of the text is missing', async () => {
    for (const compress of [gzipSync, zstdCompressSync]) {
      const bytes = compress(small)
      const { bytes: got, error } = await readAll(await openBytes(bytes.subarray(0, -1)))
      expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_TRUNCATED' })
      if (compress === gzipSync) expect(got.equals(small)).toBe(true)
    }
  })

  test('a wrong checksum and garbage behind the end are told after the whole text', async () => {
    const wrong = gzipSync(text)
    wrong[wrong.length - 6]! ^= 0xff
    const trailing = Buffer.concat([gzipSync(text), Buffer.from('something else')])
    const zstd = Buffer.concat([zstdCompressSync(text), Buffer.from('something else')])
    for (const bytes of [wrong, trailing, zstd]) {
      const { bytes: got, error } = await readAll(await openBytes(bytes, 'bad'))
      expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
      expect(got.equals(text)).toBe(true)
    }
  })

  test('garbage behind the end is found at its very byte', async () => {
    const whole = gzipSync(text)
    const { error } = await readAll(await openBytes(Buffer.concat([whole, Buffer.from('x0')])))
    expect((error as DemetraError).context['byteOffset']).toBeGreaterThanOrEqual(whole.length)
    expect((error as DemetraError).context['byteOffset']).toBeLessThanOrEqual(whole.length + 2)
  })

  test('garbage behind padding is found at its very byte', async () => {
    const bytes = Buffer.concat([gzipSync(text), Buffer.alloc(1000), Buffer.from('garbage')])
    const { bytes: got, error } = await readAll(await openBytes(bytes))
    expect(got.equals(text)).toBe(true)
    expect((error as DemetraError).context['byteOffset']).toBeGreaterThanOrEqual(bytes.length - 7)
  })

  test('any single changed byte gives the whole text, or an error after what could be read', async () => {
    const whole = gzipSync(small)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole)
        bytes[at]! ^= change
        if (at < 2) return
        const { bytes: got, error } = await readAll(await openBytes(bytes, 'changed'))
        if (error === undefined) expect(got.equals(small)).toBe(true)
        else expect((error as DemetraError).code).toMatch(/^DEMETRA_SOURCE_(CORRUPT|TRUNCATED)$/)
      }),
      { numRuns: 40 },
    )
  })

  test('of a pipe it is known at its end alone, and told that what was read may be changed', async () => {
    const wrong = gzipSync(small)
    wrong[wrong.length - 6]! ^= 0xff
    writeFileSync(join(dir, 'wrong.gz'), wrong)
    const pipe = join(dir, 'pipe')
    execFileSync('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', 'cat wrong.gz > pipe'], { cwd: dir })
    for (const source of [await openPipe([wrong]), await openSource({ name: 'pipe', path: pipe })]) {
      await source.prove(() => expect.unreachable())
      const { error } = await readAll(source)
      expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
      expect(String(error)).toContain('any event of it may be a changed one')
      // it is gone by then
      expect((error as DemetraError).hints.join()).not.toContain('--test')
    }
    writer.kill()
  })

  test('where prove finds nothing, no changed byte has changed what is read', async () => {
    const whole = gzipSync(small)
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 3), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole)
        bytes[at + 2]! ^= change
        const source = await openBytes(bytes, 'changed')
        await source.head(100)
        const damage = await source.prove(() => undefined).catch((error: unknown) => error)
        if (damage !== undefined) {
          refused += 1
          expect(damage).toMatchObject({ code: 'DEMETRA_SOURCE_CORRUPT', exitCode: 4 })
          return source.close()
        }
        const { bytes: got, error } = await readAll(source)
        // what makes it look as if it were cut short cannot be told from that
        if (error === undefined) expect(got.equals(small)).toBe(true)
        else expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_TRUNCATED' })
      }),
      { numRuns: 200 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test.each([
    ['gzip', gzipSync(text)],
    ['two members and rubbish', Buffer.concat([gzipSync(text), gzipSync(text), Buffer.from('rubbish')])],
    ['zstd and rubbish', Buffer.concat([zstdCompressSync(text), Buffer.from('rubbish')])],
    ['gzip, cut short', gzipSync(text).subarray(0, 200_000)],
  ])('what passes prove is read as if there had been none: %s', async (_, bytes) => {
    const unproven = await readAll(await openBytes(bytes))
    const source = await openBytes(bytes)
    await source.head(100_000)
    let looks = 0
    await source.prove(() => void (looks += source.isProving ? 1 : 0))
    expect(looks).toBeGreaterThan(0)
    const proven = await readAll(source)
    expect(proven.bytes.equals(unproven.bytes)).toBe(true)
    expect(String(proven.error)).toBe(String(unproven.error))
  })

  const changedFile = { code: 'DEMETRA_SOURCE_CHANGED', exitCode: 4 }
  /** At a later time, whatever the clock of the disk can tell apart. */
  const writeLater = (name: string, bytes: Buffer): void => {
    writeFileSync(join(dir, name), bytes)
    utimesSync(join(dir, name), new Date(), new Date(Date.now() + 60_000))
  }

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('of a %s file that is written after it was proven nothing is read', async (_, compress) => {
    const source = await openBytes(compress(text))
    await source.prove(() => undefined)
    writeLater('file', compress(text))
    const { bytes, error } = await readAll(source)
    expect(error).toMatchObject(changedFile)
    expect(bytes.length).toBe(0)
  })

  test('a file that is written while it is proven is told as such, whatever is wrong with it', async () => {
    const bytes = gzipSync(text)
    const source = await openBytes(bytes)
    const write = (): void => writeLater('file', bytes.subarray(0, 300_000))
    await expect(source.prove(write)).rejects.toMatchObject(changedFile)
    await source.close()
  })

  test('a fault that head meets is told after what came before it', async () => {
    const source = await openBytes(gzipSync(small).subarray(0, -4))
    expect((await source.head(1e6)).equals(small)).toBe(true)
    const { bytes, error } = await readAll(source)
    expect(bytes.equals(small)).toBe(true)
    expect(error).toMatchObject({ code: 'DEMETRA_SOURCE_TRUNCATED' })
  })
})

function third(n: number): Buffer {
  const size = Math.ceil(text.length / 3)
  return text.subarray(n * size, (n + 1) * size)
}
