import type { ArchivedEvent, SegmentContent, SegmentIntent } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { readSegment } from '../segment/read-segment.ts'
import type { Manifest } from '../segment/manifest.ts'
import { catalogueBehind } from './archive-errors.ts'
import type { ArchiveLock } from './archive-lock.ts'
import { readManifest, segmentBytes } from '../event-log/archive-object.ts'
import { EventKeys } from './event-keys.ts'
import { numbered, type FilledSegment } from './fill-segments.ts'
import { storeSegment } from './store-segment.ts'

/** Tombstones of one call of the event store. */
const ENTOMB_EVENTS = 20_000

/** What a segment is moved with. */
export interface Moving {
  store: EventStore
  objects: ObjectStore
  lock: ArchiveLock
  onAbandoned(segment: AbandonedSegment): void
  /** Events of a segment that are not as they were archived; `demetra verify` tells more. */
  onLeft(number: number, events: number): void
}

export interface AbandonedSegment {
  number: number
  reason: string
}

export function intentOf({ first, last, events, idsXor }: Manifest): SegmentIntent {
  return { first, last, events, idsXor }
}

export function contentOf({
  key,
  types,
  textBytes,
  gzipBytes,
  sha256,
  digestsXor,
}: Manifest): SegmentContent {
  return { key, types, textBytes, gzipBytes, sha256, digestsXor }
}

/**
 * Puts down the intent, and brings the segment into the archive and the catalogue. Returns its manifest, under the
 * number that it has got.
 *
 * @param begun the number of an intent that is on record already
 */
export async function commitSegment(
  moving: Moving,
  filled: FilledSegment,
  begun: number | null = null,
): Promise<Manifest> {
  const { store, objects, lock } = moving
  const { catalogue } = store
  const number = begun ?? (await catalogue.begin(intentOf(filled.manifest), lock.fence))
  const manifest = numbered(filled.manifest, number)
  lock.check()
  if ((await storeSegment(objects, { body: filled.body, manifest })) === 'taken') {
    // a manifest is uploaded last: where there is one, this is a segment of a catalogue that is lost
    if ((await readManifest(objects, number)) !== null) throw catalogueBehind(objects.url, number)
    await abandon(moving, number, `other content lies under ${manifest.key}`)
    return commitSegment(moving, filled)
  }
  await catalogue.commit(number, contentOf(manifest), lock.fence)
  return manifest
}

export async function abandon(moving: Moving, number: number, reason: string): Promise<void> {
  await moving.store.catalogue.abandon(number, reason, moving.lock.fence)
  moving.onAbandoned({ number, reason })
}

/** Makes tombstones of the events of a committed segment. */
export async function entombSegment(moving: Moving, number: number, keys: EventKeys): Promise<void> {
  const { store, lock } = moving
  let left = 0
  for (let from = 0; from < keys.length; from += ENTOMB_EVENTS) {
    const events: ArchivedEvent[] = keys.slice(from, ENTOMB_EVENTS)
    const result = await store.catalogue.entomb(number, events, lock.fence)
    // what is a tombstone of a later segment was brought back, and archived again
    left += result.left.filter(({ why }) => why !== 'elsewhere').length
  }
  if (left > 0) moving.onLeft(number, left)
  await store.catalogue.purged(number, lock.fence)
}

/** The same by what lies in the archive. */
export async function entombFromArchive(moving: Moving, manifest: Manifest): Promise<void> {
  const keys = new EventKeys()
  const bytes = segmentBytes(moving.objects, manifest.key)
  for await (const events of readSegment(manifest, bytes)) for (const event of events) keys.add(event)
  await entombSegment(moving, manifest.number, keys)
}
