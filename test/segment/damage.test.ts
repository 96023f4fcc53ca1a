import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import { DemetraError } from '../../src/errors.ts'
import { GzipBlocks } from '../../src/segment/gzip-blocks.ts'
import { readBlock } from '../../src/segment/read-block.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { all, object, plain, plainEvents, write } from './support.ts'

const events = plainEvents(4000, (n) => ({ n, text: 'x'.repeat(n % 300) }))
const { manifest, bytes } = await write(events)
const { blocks } = manifest
const wanted = { types: ['odd'] }
/** Of what is read from the third block on. */
const part = { after: { position: blocks[2]?.position as bigint, id: new Uint8Array(16).fill(255) } }

const partOfEvents = events.filter(({ position }) => position > part.after.position)

/** What is read of a changed object: events, or the error that tells of it. */
async function outcome(changed: Buffer, options = {}): Promise<StoredEvent[] | DemetraError> {
  try {
    return (await all(readSegment(manifest, object(changed, 10_000), options))).map(plain)
  } catch (error) {
    if (error instanceof DemetraError) return error
    throw error
  }
}

describe('a damaged segment', () => {
  it('is told at the first block that is not what was written, with what to do', async () => {
    const block = blocks[3]
    const changed = Buffer.from(bytes)
    changed[(block?.offset ?? 0) + 100]! ^= 1
    const read: StoredEvent[] = []
    await expect(async () => {
      for await (const batch of readSegment(manifest, object(changed))) read.push(...batch)
    }).rejects.toThrow(
      expect.objectContaining({
        code: 'DEMETRA_SEGMENT_DAMAGED',
        exitCode: 1,
        message: expect.stringMatching(
          `^Segment 42 \\(events/month=2016-01/00000042.ndjson.gz\\) is damaged: block 4 of ${blocks.length}, `,
        ),
        hints: [expect.stringContaining('`demetra verify --deep`')],
        context: { segment: 42, key: manifest.key, block: 4, byteOffset: block?.offset },
      }),
    )
    expect(read).toHaveLength(blocks.slice(0, 3).reduce((sum, { events: count }) => sum + count, 0))
  })

  it('is never silently another one, whichever byte is changed', async () => {
    const byte = fc.integer({ min: 0, max: bytes.length - 1 })
    await fc.assert(
      fc.asyncProperty(byte, fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Buffer.from(bytes)
        changed[at]! ^= bits
        for (const options of [{}, wanted]) {
          expect(await outcome(changed, options)).toMatchObject({ code: 'DEMETRA_SEGMENT_DAMAGED' })
        }
        // a part is proved by its blocks alone: what was changed outside of them does not matter
        const read = await outcome(changed, part)
        if (read instanceof DemetraError) expect(read.code).toBe('DEMETRA_SEGMENT_DAMAGED')
        else expect(read).toEqual(partOfEvents)
      }),
      {
        numRuns: Number(process.env['DEMETRA_DAMAGE_RUNS'] ?? 50),
        examples: [
          [3, 1],
          [bytes.length - 1, 1],
          [9, 1],
        ],
      },
    )
  })

  it('is told where it ends early or goes on', async () => {
    for (const changed of [
      Buffer.alloc(0),
      bytes.subarray(0, 5),
      bytes.subarray(0, (blocks[1]?.offset ?? 0) + 10),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.concat([bytes, bytes]),
    ]) {
      expect(await outcome(changed)).toMatchObject({ code: 'DEMETRA_SEGMENT_DAMAGED' })
    }
    expect(await outcome(bytes.subarray(0, -20), part)).toMatchObject({ code: 'DEMETRA_SEGMENT_DAMAGED' })
  })

  it('is told at a line that is none of ours, behind the events in front of it', async () => {
    const lines = events.slice(0, 20).map((event) => `${formatEventLine(event, true)}\n`)
    lines[15] = '{"what":1}\n'
    const gzip = new GzipBlocks()
    for (const first of [0, 10]) {
      const { position } = events[first] as StoredEvent
      await gzip.add(lines.slice(first, first + 10).join(''), { events: 10, position })
    }
    const sha256 = await gzip.finish()
    const other = { ...manifest, blocks: gzip.blocks, gzipBytes: gzip.gzipBytes, sha256 }
    const read: StoredEvent[] = []
    await expect(async () => {
      for await (const batch of readSegment(other, object(Buffer.concat(gzip.body)))) read.push(...batch)
    }).rejects.toThrow(/: block 2 of 2, .* the line at byte \d+ of its text is not as Demetra writes it/)
    expect(read.map(plain)).toEqual(events.slice(0, 15))
  })

  it('is told by one block alone', async () => {
    const [first, second] = blocks
    if (first === undefined || second === undefined) throw new Error('two blocks')
    const of = ({ offset, length }: typeof first): Buffer => bytes.subarray(offset, offset + length)
    await expect(readBlock(manifest, first, of(second))).rejects.toThrow(/block 1 of \d+, .*CRC-32|not \d+/)
    await expect(readBlock(manifest, first, of(first).subarray(0, -9))).rejects.toThrow(/bytes of text/)
    await expect(readBlock(manifest, first, Buffer.alloc(100, 255))).rejects.toThrow(/cannot be inflated/)
    const other = deflateRawSync(Buffer.alloc(first.textBytes, '{}\n'))
    const padded = Buffer.concat([other, Buffer.alloc(first.length - other.length)])
    await expect(readBlock(manifest, first, padded)).rejects.toThrow(/CRC-32/)
  })
})
