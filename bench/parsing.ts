/**
 * What lies before an event, alone and beside public peers: records out of bytes, decompression, times, the
 * count of equal records. In memory, one thread: npm run bench -- parsing [EVENTS] [ROUNDS]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { parse } from 'csv-parse'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { Temporal } from 'temporal-polyfill'
import { compileDateFormat } from '../src/import/dates/date-format.ts'
import { parseTime } from '../src/import/dates/parse-time.ts'
import { createSplitter, type Format, type SplitterOptions } from '../src/import/formats/create-splitter.ts'
import { Occurrences } from '../src/import/occurrences.ts'
import { openSource } from '../src/import/source.ts'
import { arrayLine, CSV_HEADER, csvLine, ndjsonLine, writeDumps } from './support/dumps.ts'
import { median } from './support/process.ts'

const count = Number(process.argv[2] ?? 200_000)
const rounds = Number(process.argv[3] ?? 3)
const CHUNK_BYTES = 512 * 1024

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const file = (name: string): string => join(folder, name)
writeDumps(count, [
  { path: file('ndjson'), line: ndjsonLine },
  { path: file('csv'), line: csvLine, header: CSV_HEADER },
  {
    path: file('quoted'),
    line: (event) => `"${csvLine(event).trimEnd().replaceAll(',', '","')}"\n`,
    header: CSV_HEADER,
  },
  { path: file('json'), line: arrayLine, header: '[', footer: '\n]\n' },
])
const bytes = Object.fromEntries(
  ['ndjson', 'csv', 'quoted', 'json'].map((name) => [name, readFileSync(file(name))] as const),
) as Record<'ndjson' | 'csv' | 'quoted' | 'json', Buffer>

/** The median rate of `run`, which returns how many things it did. */
async function rate(name: string, unit: string, run: () => number | Promise<number>): Promise<void> {
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now()
    const done = await run()
    rates.push(done / ((performance.now() - startedAt) / 1000))
  }
  console.log(`${name.padEnd(52)} ${Math.round(median(rates)).toLocaleString('en').padStart(12)} ${unit}/s`)
}

function* chunksOf(text: Buffer): Generator<Buffer> {
  for (let i = 0; i < text.length; i += CHUNK_BYTES) yield text.subarray(i, i + CHUNK_BYTES)
}

function split(format: Format, text: Buffer, options: SplitterOptions = {}): number {
  const splitter = createSplitter(format, options)
  let records = 0
  for (const chunk of chunksOf(text)) records += splitter.push(chunk).length
  return records + splitter.end().length
}

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let items = 0
  for await (const _ of stream) items++
  return items
}

console.log(`records of ${Math.round(bytes.ndjson.length / count)} bytes as NDJSON`)
await rate('NDJSON', 'records', () => split('ndjson', bytes.ndjson))
await rate('  node:readline', 'records', () =>
  drain(createInterface({ input: Readable.from(chunksOf(bytes.ndjson)) })),
)
await rate('CSV', 'records', () => split('csv', bytes.csv))
await rate('  csv-parse', 'records', () => drain(Readable.from(chunksOf(bytes.csv)).pipe(parse())))
await rate('CSV, every field in quotes (decoded by csv-parse)', 'records', () => split('csv', bytes.quoted))
await rate('  csv-parse', 'records', () => drain(Readable.from(chunksOf(bytes.quoted)).pipe(parse())))
await rate('JSON array', 'records', () => split('json', bytes.json))
await rate('  stream-json, streamArray', 'records', () =>
  drain(Readable.from(chunksOf(bytes.json)).pipe(streamArray.withParserAsStream())),
)

console.log('\ndecompression, text')
writeFileSync(file('ndjson.gz'), gzipSync(bytes.ndjson, { level: 6 }))
writeFileSync(
  file('ndjson.zst'),
  zstdCompressSync(bytes.ndjson, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
)
for (const name of ['ndjson', 'ndjson.gz', 'ndjson.zst']) {
  await rate(name, 'MB', async () => {
    let size = 0
    for await (const chunk of (await openSource({ name, path: file(name) })).chunks()) size += chunk.length
    return size / 1e6
  })
}

console.log('\ntimes')
const instants = Array.from({ length: 500_000 }, (_, i) =>
  new Date(1_400_000_000_000 + i * 97_001).toISOString(),
)
const locals = instants.map((text) => text.slice(0, -1).replaceAll('-', '/').replace('T', ' '))
const parseLocal = compileDateFormat('yyyy/MM/dd HH:mm:ss.SSS', 'Europe/Amsterdam')
await rate('RFC 3339, UTC', 'times', () => all(instants, (text) => parseTime(text, null)))
await rate('a format with a zone', 'times', () => all(locals, parseLocal))
await rate('  temporal-polyfill, local time with a zone', 'times', () =>
  all(
    instants.slice(0, 20_000).map((text) => text.slice(0, -1)),
    (text) => Temporal.PlainDateTime.from(text).toZonedDateTime('Europe/Amsterdam').epochMilliseconds,
  ),
)

console.log('\nequal records')
for (const keys of [500_000, 5_000_000]) {
  await rate(`${keys.toLocaleString('en')} keys, all different`, 'keys', () => {
    const occurrences = new Occurrences()
    const key = new Uint8Array(16)
    const words = new DataView(key.buffer)
    for (let n = 0; n < keys; n++) {
      words.setUint32(0, Math.imul(n, 0x9e3779b1))
      words.setUint32(12, n)
      occurrences.next(key)
    }
    occurrences.close()
    return keys
  })
}
rmSync(folder, { recursive: true })

function all(texts: readonly string[], read: (text: string) => unknown): number {
  for (const text of texts) {
    if (typeof read(text) !== 'number') throw new Error(`${text} was not read`)
  }
  return texts.length
}
