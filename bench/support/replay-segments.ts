/**
 * What bench/segment.ts measures: the segments of this folder, read and folded as projections see their events. Prints
 * what it found and how long it took. Arguments: how many segments there are; the one type that is wanted, if not all.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { EventReader } from '../../src/event/domain-event.ts'
import { parseManifest } from '../../src/segment/manifest-json.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { foldInto, summary, type FoldedRow } from './fold.ts'

const [segments, type] = process.argv.slice(2)
const startedAt = performance.now()
const reader = new EventReader([])
const rows = new Map<number, FoldedRow>()
for (let number = 1; number <= Number(segments); number += 1) {
  const manifest = parseManifest(`${number}.json`, readFileSync(`${number}.json`, 'utf8'))
  const bytes = {
    read: async () => createReadStream(`${number}.gz`, { highWaterMark: 512 * 1024 }),
    readRange: async (offset: number, lengthBytes: number) => {
      await using file = await open(`${number}.gz`)
      return (await file.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset)).buffer
    },
  }
  for await (const batch of readSegment(manifest, bytes, type === undefined ? {} : { types: [type] })) {
    for (const event of batch) {
      const { meta, payload } = reader.read(event)
      foldInto(rows, meta.aggregate_id, meta.created_at, payload)
    }
  }
}
console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, ...summary(rows) }))
