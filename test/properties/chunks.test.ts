import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { EventList } from '../../src/event-store/event-list.ts'
import { eventBatches, START, type Cursor, type EventBatch } from '../../src/import/batches.ts'
import { createSplitter } from '../../src/import/formats/create-splitter.ts'
import { createMapper } from '../../src/import/mapping/create-mapper.ts'
import type { MappingOptions } from '../../src/import/mapping/mapper.ts'
import { plainLine } from '../support/events.ts'

type Format = 'csv' | 'json' | 'ndjson'
const MAPPING: MappingOptions = {
  service: 's',
  type: '{what}',
  aggregate: 'a/{n}',
  createdAt: '{when}',
  timezone: 'UTC',
}

/** The batches of a source that comes in these chunks, gone on with at `start`. */
function batchesOf(
  format: Format,
  chunks: Buffer[],
  batchEvents: number,
  start: Cursor,
): AsyncIterable<EventBatch<EventList>> {
  return eventBatches({
    collect: () => new EventList(),
    chunks: (async function* () {
      yield* chunks
    })(),
    createSplitter: (from) => createSplitter(format, { delimiter: ',', path: [], maxRecordBytes: 400 }, from),
    createMapper: (columns, first) =>
      createMapper(columns, first, {
        mapping: format === 'csv' ? MAPPING : {},
        receivedAt: 0,
        full: false,
        strict: false,
        ownForm: true,
      }),
    derivesIds: format === 'csv',
    start,
    finish: () => {},
    maxEvents: batchEvents,
  })
}

/** Events and rejects, as one text. */
async function outcome(format: Format, chunks: Buffer[], batchEvents = 1000, start = START): Promise<string> {
  const lines: string[] = []
  for await (const batch of batchesOf(format, chunks, batchEvents, start)) lines.push(...linesOf(batch))
  return lines.toSorted().join('\n')
}

function linesOf(batch: EventBatch<EventList>): string[] {
  const lines: string[] = []
  batch.events.events.forEach((event, i) =>
    lines.push(`${JSON.stringify(batch.places.at(i))} ${formatEventLine({ ...event, position: 0n })}`),
  )
  for (const { record, code, message } of batch.rejects) {
    const text = record.bytes?.toString('latin1') ?? 'too large'
    lines.push(`${record.number} ${record.line} ${record.byteOffset} ${code} ${message} ${text}`)
  }
  return lines
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return ends
    .map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
    .filter((chunk) => chunk.length > 0)
}

const rubbish = fc.constantFrom(
  '',
  'not json',
  '{"id":1}',
  '\u0000',
  '{"a":"\\ud800"}',
  '\xff',
  'é🎉',
  'x'.repeat(500),
  '{"id":',
)
const jsonRecord = fc.oneof(
  { weight: 3, arbitrary: fc.nat(50).map((n) => plainLine(n + 1, { text: 'é🎉' })) },
  { weight: 1, arbitrary: rubbish },
)
const field = fc.constantFrom(
  'Placed',
  '',
  '"quoted, ""twice"""',
  '"two\nlines"',
  '2016-05-01 10:00:00',
  'é',
  '"',
  'a"b',
  'x'.repeat(450),
  '\xff',
)
const csvRecord = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9).map((n) => `Placed,${n},2016-05-01 10:00:00,"note, ${n}"`) },
  { weight: 1, arbitrary: fc.array(field, { minLength: 1, maxLength: 5 }).map((fields) => fields.join(',')) },
)
const lineEnd = fc.constantFrom('\n', '\r\n')
/** A byte above 127 stands for itself, so that texts that are no UTF-8 come about. */
const bytesOf = (text: string): Buffer =>
  Buffer.concat(Array.from(text, (char) => (char === '\xff' ? Buffer.from([0xff]) : Buffer.from(char))))

const sources: Record<Format, fc.Arbitrary<Buffer>> = {
  ndjson: fc
    .tuple(fc.array(jsonRecord, { maxLength: 12 }), lineEnd)
    .map(([records, end]) => bytesOf(records.join(end))),
  json: fc
    .tuple(
      fc.array(jsonRecord, { maxLength: 12 }),
      fc.constantFrom(',', ' ,\n  '),
      fc.constantFrom(']', '', '] x'),
    )
    .map(([records, comma, close]) => bytesOf(`[${records.join(comma)}${close}`)),
  csv: fc
    .tuple(fc.array(csvRecord, { maxLength: 12 }), lineEnd)
    .map(([records, end]) => bytesOf(['what,n,when,note', ...records].join(end))),
}

it('a source that ended in a record is another one when more follows', async () => {
  const bytes = Buffer.from(plainLine(1))
  const [batch] = await all(batchesOf('ndjson', [bytes], 1, START))
  const longer = all(
    batchesOf('ndjson', [Buffer.concat([bytes, Buffer.from('\n{}')])], 1, batch?.cursor ?? START),
  )
  await expect(longer).rejects.toMatchObject({ code: 'DEMETRA_SOURCE_CHANGED' })
})

describe.each(['ndjson', 'json', 'csv'] as const)('a source of %s', (format) => {
  it('gives the same events and rejects however its bytes are cut into chunks and batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        sources[format],
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (bytes, cuts, batch) => {
          const whole = await outcome(format, [bytes])
          expect(await outcome(format, split(bytes, cuts), batch)).toBe(whole)
          expect(
            await outcome(
              format,
              [...bytes].map((byte) => Buffer.from([byte])),
            ),
          ).toBe(whole)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gives the rest when it is gone on with after any batch', async () => {
    await fc.assert(
      fc.asyncProperty(sources[format], fc.array(fc.nat(), { maxLength: 4 }), async (bytes, cuts) => {
        const batches = await all(batchesOf(format, [bytes], 1, START))
        for (const [i, { cursor }] of batches.entries()) {
          const rest = batches.slice(i + 1).flatMap(linesOf)
          expect(await outcome(format, split(bytes, cuts), 1000, cursor)).toBe(rest.toSorted().join('\n'))
        }
      }),
      { numRuns: 100 },
    )
  })
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
