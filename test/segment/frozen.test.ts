import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatEventLine } from '../../src/event/event-line.ts'
import { parseArchiveRoot } from '../../src/segment/archive-root.ts'
import { parseManifest } from '../../src/segment/manifest-json.ts'
import { manifestKey } from '../../src/segment/object-keys.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { all, object } from './support.ts'

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'segment-v1')
const file = (key: string): Buffer => readFileSync(join(folder, key))

describe('an archive of format 1, as it was first released', () => {
  it('is read, for ever: every event to the letter, every digest', async () => {
    expect(parseArchiveRoot(file('archive.json').toString())).toEqual({
      storeId: '7b0d1d0e-6d5c-4a8e-9c43-0f8a2f5c1b11',
    })
    const manifest = parseManifest(manifestKey(42), file(manifestKey(42)).toString())
    expect(manifest.blocks.length).toBe(4)
    const events = await all(readSegment(manifest, object(file(manifest.key))))
    const lines = file('expected.ndjson').toString()
    expect(events.map((event) => `${formatEventLine(event, true)}\n`).join('')).toBe(lines)
    const digestsXor = events.reduce(
      (sum, { digest }) => sum.map((byte, i) => byte ^ (digest[i] as number)),
      new Uint8Array(16),
    )
    expect(digestsXor).toEqual(manifest.digestsXor)
    const types = ['__proto__', 'Ünïcode 😀']
    expect(await all(readSegment(manifest, object(file(manifest.key)), { types }))).toEqual(
      events.filter(({ type }) => types.includes(type)),
    )
  })
})
