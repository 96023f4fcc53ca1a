import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formatUuid } from '../../src/event/uuid.ts'
import { formatArchiveRoot, parseArchiveRoot } from '../../src/segment/archive-root.ts'
import { blocksBetween, FORMAT_VERSION } from '../../src/segment/manifest.ts'
import { formatManifest, parseManifest } from '../../src/segment/manifest-json.ts'
import { manifestKey, monthOf, segmentKey } from '../../src/segment/object-keys.ts'
import { plainEvents, write } from './support.ts'

describe('a manifest', () => {
  it('says what the segment holds', async () => {
    const events = plainEvents(3000, (n) => ({ n, text: 'x'.repeat(n % 500) }))
    const { manifest, bytes } = await write(events)
    const [first, last] = [events[0], events.at(-1)]
    expect(manifest).toMatchObject({
      number: 42,
      key: 'events/month=2016-01/00000042.ndjson.gz',
      first: { position: first?.position, id: first?.id },
      last: { position: last?.position, id: last?.id },
      events: 3000,
      types: [
        { type: 'even', events: 1500 },
        { type: 'odd', events: 1500 },
      ],
      gzipBytes: bytes.length,
    })
    expect(Buffer.from(manifest.sha256)).toEqual(createHash('sha256').update(bytes).digest())
    const xor = (of: (event: (typeof events)[0]) => Uint8Array): Uint8Array =>
      events.reduce((sum, event) => sum.map((byte, i) => byte ^ (of(event)[i] as number)), new Uint8Array(16))
    expect(manifest.idsXor).toEqual(xor(({ id }) => id))
    expect(manifest.digestsXor).toEqual(xor(({ digest }) => digest))
    expect(manifest.blocks.reduce((sum, block) => sum + block.events, 0)).toBe(3000)
    expect(manifest.blocks.reduce((sum, block) => sum + block.textBytes, 0)).toBe(manifest.textBytes)
  })

  it('is JSON with positions as decimal strings and bytes in hexadecimal', async () => {
    const events = plainEvents(1)
    const { manifest } = await write(events)
    const json = JSON.parse(formatManifest(manifest)) as Record<string, unknown>
    expect(json).toMatchObject({
      version: FORMAT_VERSION,
      number: 42,
      first: { position: String(manifest.first.position), id: formatUuid(manifest.first.id) },
      sha256: Buffer.from(manifest.sha256).toString('hex'),
      blocks: [
        {
          offset: 10,
          crc32: expect.stringMatching(/^[0-9a-f]{8}$/),
          position: expect.stringMatching(/^\d+$/),
        },
      ],
    })
  })

  it('with any digit or letter changed is refused, and so is one of a newer Demetra', async () => {
    const text = formatManifest((await write(plainEvents(10))).manifest)
    for (let at = 0; at < text.length - 1; at += 1) {
      const changed = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1)
      expect(() => parseManifest('manifests/00000042.json', changed), changed).toThrow(
        /manifests\/00000042\.json/,
      )
    }
    expect(() => parseManifest('m', text.slice(0, -20))).toThrow(
      expect.objectContaining({ code: 'DEMETRA_MANIFEST_DAMAGED', exitCode: 1 }),
    )
    expect(() => parseManifest('m', text.replace('"version":1', '"version":2'))).toThrow(
      expect.objectContaining({ code: 'DEMETRA_ARCHIVE_NEWER', exitCode: 1 }),
    )
  })

  it('may be laid out by hand', async () => {
    const { manifest } = await write(plainEvents(10))
    const pretty = JSON.stringify(JSON.parse(formatManifest(manifest)), null, 2)
    expect(parseManifest('m', pretty)).toEqual(manifest)
  })
})

describe('blocksBetween', () => {
  const blocks = [10n, 20n, 20n, 30n].map((position, offset) => ({ position, offset }))
  const between = (after?: bigint, upTo?: bigint): number[] =>
    blocksBetween({ blocks } as never, after, upTo).map(({ offset }) => offset)

  it('keeps the blocks that can hold an event of the range', () => {
    expect(between()).toEqual([0, 1, 2, 3])
    expect(between(5n)).toEqual([0, 1, 2, 3])
    expect(between(15n)).toEqual([0, 1, 2, 3])
    // events of one position may lie on both sides of a border
    expect(between(20n)).toEqual([0, 1, 2, 3])
    expect(between(21n)).toEqual([2, 3])
    expect(between(31n)).toEqual([3])
    expect(between(undefined, 9n)).toEqual([])
    expect(between(undefined, 10n)).toEqual([0])
    expect(between(20n, 20n)).toEqual([0, 1, 2])
  })
})

describe('the keys of the archive', () => {
  it('hold the month of the positions in UTC and a number of eight digits or more', () => {
    expect(segmentKey(7, '2016-01')).toBe('events/month=2016-01/00000007.ndjson.gz')
    expect(manifestKey(123_456_789)).toBe('manifests/123456789.json')
    const newYear = BigInt(Date.UTC(2017, 0, 1) / 1000) << 31n
    expect([monthOf(newYear - 1n), monthOf(newYear), monthOf(0n)]).toEqual(['2016-12', '2017-01', '1970-01'])
  })
})

describe('archive.json', () => {
  it('says whose archive it is', () => {
    const root = { storeId: '20ec0521-d127-4038-92ed-a4196c33705b' }
    expect(parseArchiveRoot(formatArchiveRoot(root))).toEqual(root)
    expect(() => parseArchiveRoot(formatArchiveRoot(root).replace('20ec', '20ed'))).toThrow(/archive\.json/)
    expect(() => parseArchiveRoot('{"version":9}')).toThrow(
      expect.objectContaining({ code: 'DEMETRA_ARCHIVE_NEWER' }),
    )
  })
})
