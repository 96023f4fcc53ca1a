import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { formatManifest, parseManifest } from '../../src/segment/manifest-json.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { all, object, plain, plainEvents, storedEvents, write } from './support.ts'

describe('a segment', () => {
  it('gives back the events that were written, whatever they hold and wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(storedEvents, fc.integer({ min: 1, max: 5000 }), async (events, chunkBytes) => {
        fc.pre(events.length > 0)
        const { manifest, bytes } = await write(events)
        const read = parseManifest('m', formatManifest(manifest))
        expect(read).toEqual(manifest)
        expect((await all(readSegment(read, object(bytes, chunkBytes)))).map(plain)).toEqual(events)
      }),
    )
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
