import type { StoredEvent } from '../event/event.ts'
import type { Manifest } from '../segment/manifest.ts'
import { monthOf, segmentKey } from '../segment/object-keys.ts'
import { SegmentWriter, type SegmentWriterOptions, type WrittenSegment } from '../segment/segment-writer.ts'
import { EventKeys } from './event-keys.ts'

/** A segment that is ready to be stored, and what its tombstones will be made of. It has no number yet. */
export interface FilledSegment extends WrittenSegment {
  keys: EventKeys
}

/** Until the catalogue has given it a number. */
const UNNUMBERED = 0

/** Events in log order as segments, one after the other: the next is begun when the one before is taken. */
export async function* fillSegments(
  batches: AsyncIterable<StoredEvent[]>,
  options: SegmentWriterOptions,
): AsyncGenerator<FilledSegment> {
  let writer = new SegmentWriter(UNNUMBERED, options)
  let keys = new EventKeys()
  for await (let batch of batches) {
    while (batch.length > 0) {
      const taken = await writer.add(batch)
      for (let i = 0; i < taken; i += 1) keys.add(batch[i] as StoredEvent)
      if (taken === batch.length) break
      batch = batch.slice(taken)
      yield { ...(await writer.finish()), keys }
      writer = new SegmentWriter(UNNUMBERED, options)
      keys = new EventKeys()
    }
  }
  if (writer.events > 0) yield { ...(await writer.finish()), keys }
}

/** The manifest under the number that the catalogue gave. */
export function numbered(manifest: Manifest, number: number): Manifest {
  return { ...manifest, number, key: segmentKey(number, monthOf(manifest.first.position)) }
}
