/**
 * A process that brings all events of a store into an archive as `demetra archive` does, but leaves them live: read in
 * order, written as segments, uploaded, read back and checked: store-segments.ts STORE ARCHIVE. Prints the bytes.
 */
import { fillSegments, numbered } from '../../src/archive/fill-segments.ts'
import { storeSegment } from '../../src/archive/store-segment.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { openObjectStore } from '../../src/object-store/open.ts'

const [storeUrl = '', archiveUrl = ''] = process.argv.slice(2)
const store = await openEventStore(storeUrl)
const objects = await openObjectStore(archiveUrl)
const stored: Promise<unknown>[] = []
let gzipBytes = 0
for await (const { body, manifest } of fillSegments(store.read(), {})) {
  gzipBytes += manifest.gzipBytes
  stored.push(storeSegment(objects, { body, manifest: numbered(manifest, stored.length + 1) }))
}
await Promise.all(stored)
process.stdout.write(JSON.stringify({ segments: stored.length, gzipBytes }))
await store.close()
await objects.close()
