import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { StoredEvent } from '../../src/event/event.ts'
import { positionAt } from '../../src/event/position.ts'
import { formatManifest, parseManifest } from '../../src/segment/manifest-json.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { SegmentWriter } from '../../src/segment/segment-writer.ts'
import { all, object, plain, plainEvents, storedEvents, write } from './support.ts'

const size = fc.integer({ min: 1, max: 5000 })

describe('a segment', () => {
  it('gives back the events that were written, whatever they hold and wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(storedEvents, size, size, async (events, blockLength, chunkBytes) => {
        const { manifest, bytes } = await write(events, { blockLength })
        const read = parseManifest('m', formatManifest(manifest))
        expect(read).toEqual(manifest)
        expect((await all(readSegment(read, object(bytes, chunkBytes)))).map(plain)).toEqual(events)
      }),
    )
  })

  it('ends with its month, or with the event that makes it large enough', async () => {
    const events = plainEvents(100)
    const late = { ...(events[99] as StoredEvent), position: positionAt(Date.UTC(2016, 1, 1)) - 1n }
    const inFebruary = { ...(events[98] as StoredEvent), position: positionAt(Date.UTC(2016, 1, 1)) }
    const byMonth = new SegmentWriter(1)
    expect(await byMonth.add([...events.slice(0, 98), late, inFebruary])).toBe(99)
    expect(await byMonth.add([inFebruary])).toBe(0)
    expect((await byMonth.finish()).manifest.last.position).toBe(late.position)
    const next = new SegmentWriter(2)
    expect(await next.add([inFebruary])).toBe(1)
    expect((await next.finish()).manifest.key).toBe('events/month=2016-02/00000002.ndjson.gz')

    const bySize = new SegmentWriter(3, { targetTextBytes: 5000 })
    const taken = await bySize.add(events)
    expect(await bySize.add(events.slice(taken))).toBe(0)
    const { manifest } = await bySize.finish()
    expect(manifest.events).toBe(taken)
    expect(manifest.textBytes).toBeGreaterThanOrEqual(5000)
    expect(manifest.textBytes).toBeLessThan(5400)
  })

  it('is refused where events do not follow one another', async () => {
    const [first, second] = plainEvents(2) as [StoredEvent, StoredEvent]
    await expect(write([second, first])).rejects.toThrow(/does not follow/)
    await expect(write([first, first])).rejects.toThrow(/does not follow/)
    await expect(write([])).rejects.toThrow(/at least one/)
  })

  it('is one gzip member, read alike by zcat, Python and Node: the lines of `export --full`', async () => {
    const events = plainEvents(5000, (n) => ({ n, text: `ä€😀 ${'x'.repeat(n % 300)}` }))
    const { bytes, manifest } = await write(events)
    expect(manifest.blocks.length).toBeGreaterThan(4)
    const text = events.map((event) => `${formatEventLine(event, true)}\n`).join('')
    const options = { input: bytes, maxBuffer: 1 << 28 }
    expect(gunzipSync(bytes).toString()).toBe(text)
    expect(execFileSync('zcat', options).toString()).toBe(text)
    const python = 'import gzip,sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'
    expect(execFileSync('python3', ['-c', python], options).toString()).toBe(text)
  })
})
