import type { StoredEvent } from '../event/event.ts'
import type { CatalogueSegment } from '../event-store/catalogue.ts'
import { endOf, inLogOrder } from '../event/log-order.ts'
import type { Manifest } from '../segment/manifest.ts'
import { loadManifest, readManifest } from '../event-log/archive-object.ts'
import { catalogueBehind } from './archive-errors.ts'
import { fillSegments, type FilledSegment } from './fill-segments.ts'
import {
  abandon,
  commitSegment,
  contentOf,
  entombFromArchive,
  entombSegment,
  type Moving,
} from './segment-steps.ts'

/**
 * Takes the segments that an earlier run has left half done to their end, the oldest first; one whose events are not
 * the same any more is abandoned. Returns the finished ones.
 */
export async function finishUnfinished(moving: Moving): Promise<Manifest[]> {
  const { segments } = await moving.store.catalogue.segments()
  const finished: Manifest[] = []
  for (const segment of segments) {
    if (segment.state === 'committed') finished.push(await finishCommitted(moving, segment))
    else if (segment.state === 'intended') {
      const manifest = await finishIntended(moving, segment)
      if (manifest !== null) finished.push(manifest)
    }
  }
  return finished
}

async function finishCommitted(moving: Moving, { number }: CatalogueSegment): Promise<Manifest> {
  const manifest = await loadManifest(moving.objects, number)
  await entombFromArchive(moving, manifest)
  return manifest
}

/** Null: it was abandoned. */
async function finishIntended(moving: Moving, intent: CatalogueSegment): Promise<Manifest | null> {
  const { store, objects, lock } = moving
  const { number } = intent
  const uploaded = await readManifest(objects, number)
  if (uploaded !== null) {
    // its segment was read back and checked before
    if (!isOf(uploaded, intent)) throw catalogueBehind(objects.url, number)
    await store.catalogue.commit(number, contentOf(uploaded), lock.fence)
    await entombFromArchive(moving, uploaded)
    return uploaded
  }
  const filled = await fillAgain(moving, intent)
  if (filled === null || !isOf(filled.manifest, intent)) {
    await abandon(moving, number, 'other events were live in its range when a later run took it up')
    return null
  }
  const manifest = await commitSegment(moving, filled, number)
  await entombSegment(moving, manifest.number, filled.keys)
  return manifest
}

function isOf({ first, last, events, idsXor }: Manifest, intent: CatalogueSegment): boolean {
  return (
    events === intent.events &&
    inLogOrder(first, intent.first) === 0 &&
    inLogOrder(last, intent.last) === 0 &&
    Buffer.compare(idsXor, intent.idsXor) === 0
  )
}

/** Of what is live in the range now, as one segment; null: nothing is, or more than there was. */
async function fillAgain({ store }: Moving, intent: CatalogueSegment): Promise<FilledSegment | null> {
  const { first, last, events } = intent
  let isTooMuch = false
  async function* live(): AsyncGenerator<StoredEvent[]> {
    let found = 0
    for await (const batch of store.read({ after: endOf(first.position - 1n), upTo: last.position })) {
      const within = batch.filter((event) => inLogOrder(event, first) >= 0 && inLogOrder(event, last) <= 0)
      found += within.length
      isTooMuch = found > events
      if (isTooMuch) return
      yield within
    }
  }
  let filled: FilledSegment | null = null
  for await (filled of fillSegments(live(), { targetTextBytes: Infinity })) break
  return isTooMuch ? null : filled
}
