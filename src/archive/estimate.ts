import type { StoredEvent } from '../event/event.ts'
import { formatTime } from '../event/time.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { nextMonth } from '../segment/object-keys.ts'
import { SegmentWriter } from '../segment/segment-writer.ts'
import { keptEvents, type KeptEvents } from './archive-result.ts'
import { checkArchive } from '../event-log/archive-root.ts'
import { endOf, LOG_START } from '../event/log-order.ts'
import { findBoundary } from './boundary.ts'

export interface ArchiveEstimate {
  store: string
  archive: string
  before: string
  /** Counted. */
  events: number
  /** By what a sample of the events takes: bytes of text, and of the objects. */
  textBytes: number
  gzipBytes: number
  segments: number
  /** Two for each segment, and archive.json of a new archive. */
  objects: number
  requests: { put: number; get: number; head: number }
  /** By what was measured of earlier runs on a machine of two cores. */
  seconds: number
  kept: KeptEvents | null
  /** Segments that an earlier run has left half done. */
  unfinished: number[]
}

const SAMPLE_EVENTS = 5000
const TARGET_TEXT_BYTES = 64 * 1024 * 1024
/** Tombstones are the slowest step. */
const EVENTS_PER_SECOND = 20_000

/** What `archiveEvents` would do: counted by the index, month by month, and measured on a sample. Writes nothing. */
export async function estimateArchive(options: {
  store: EventStore
  objects: ObjectStore
  beforeMs: number
}): Promise<ArchiveEstimate> {
  const { store, objects, beforeMs } = options
  const isThere = await checkArchive(store, objects)
  const { upTo, kept } = await findBoundary(store, beforeMs)
  const sample = await measureSample(store, upTo)
  const months = await eventsByMonth(store, upTo)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const events = sum(months)
  const segments = sum(months.map((of) => Math.ceil((of * sample.textBytes) / TARGET_TEXT_BYTES)))
  const root = isThere || segments === 0 ? 0 : 1
  const catalogue = await store.catalogue.segments()
  return {
    store: store.url,
    archive: objects.url,
    before: formatTime(beforeMs),
    events,
    textBytes: Math.round(events * sample.textBytes),
    gzipBytes: Math.round(events * sample.gzipBytes),
    segments,
    objects: 2 * segments + root,
    requests: { put: 2 * segments + root, get: segments + 1 + root, head: 1 },
    seconds: Math.ceil(events / EVENTS_PER_SECOND),
    kept: keptEvents(kept),
    unfinished: catalogue.segments
      .filter(({ state }) => state === 'intended' || state === 'committed')
      .map(({ number }) => number),
  }
}

/** Bytes an event takes in a segment, by the first ones. */
async function measureSample(
  store: EventStore,
  upTo: bigint,
): Promise<{ textBytes: number; gzipBytes: number }> {
  const writer = new SegmentWriter(0)
  for await (const batch of store.read({ upTo })) {
    const taken = await writer.add(batch)
    if (taken < batch.length || writer.events >= SAMPLE_EVENTS) break
  }
  if (writer.events === 0) return { textBytes: 0, gzipBytes: 0 }
  const { manifest } = await writer.finish()
  const { events, textBytes, gzipBytes } = manifest
  return { textBytes: textBytes / events, gzipBytes: gzipBytes / events }
}

/** From the month of the oldest live event on; months without any left out. */
async function eventsByMonth(store: EventStore, upTo: bigint): Promise<number[]> {
  const counts: number[] = []
  let start = await firstLive(store, upTo)
  while (start !== null && start <= upTo) {
    const next = nextMonth(start)
    const after = start === 0n ? LOG_START : endOf(start - 1n)
    const { events } = await store.summary(after, endOf(next - 1n < upTo ? next - 1n : upTo))
    if (events > 0) counts.push(events)
    start = next
  }
  return counts
}

async function firstLive(store: EventStore, upTo: bigint): Promise<bigint | null> {
  for await (const [first] of store.read({ upTo, batchEvents: 1 })) return (first as StoredEvent).position
  return null
}
