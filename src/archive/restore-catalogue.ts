import type { LostEvent } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Manifest } from '../segment/manifest.ts'
import { numberInKey } from '../segment/object-keys.ts'
import { readSegment } from '../segment/read-segment.ts'
import { isDamage } from './archive-errors.ts'
import { examineLoose, isLoose, looseText, type Examined } from './loose-objects.ts'
import { ArchiveLock } from './archive-lock.ts'
import { loadManifest, segmentBytes } from '../event-log/archive-object.ts'
import { requireArchive } from '../event-log/archive-root.ts'
import { contentOf, intentOf } from './segment-steps.ts'

export interface RestoreCatalogueResult {
  store: string
  archive: string
  /** In the archive. */
  segments: number
  /** Of these, those that the catalogue did not know. */
  adopted: number[]
  /** Tombstones that were made. */
  tombstones: number
  /** Events that a backup still had live, or that were so when the store went back in time. */
  entombed: number
  /** Stored with another digest or at another position than in the archive. */
  differing: number
  /** Segments that cannot be read, and were passed over. */
  damaged: { number: number; message: string }[]
  /** Objects of events without a manifest, some of whose events are nowhere else, or that are no segments. */
  loose: Examined[]
  interrupted: boolean
  seconds: number
}

export interface RestoreCatalogueOptions {
  store: EventStore
  objects: ObjectStore
  signal?: AbortSignal
  onProgress?: (progress: { segments: number; of: number }) => void
}

/** Events of one call of the event store. */
const CALL_EVENTS = 10_000

/**
 * Brings a store that is new, or older than its archive, up to it, by what lies in the archive alone: catalogue and
 * tombstones. Can be repeated. An abort ends it after the segment in hand.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_OF_OTHER_STORE, exit 1; DEMETRA_ARCHIVE_MISSING, exit 10; DEMETRA_LOCKED, exit 11; and what the stores throw
 */
export async function restoreCatalogue(options: RestoreCatalogueOptions): Promise<RestoreCatalogueResult> {
  const { store, objects, signal, onProgress } = options
  const startedAt = performance.now()
  await requireArchive(store, objects)
  return ArchiveLock.hold(store.leases, async (lock) => {
    const numbers = await archivedNumbers(objects)
    const { segments } = await store.catalogue.segments()
    const states = new Map(segments.map(({ number, state }) => [number, state]))
    const full = await fullSegments(store)
    const result: Omit<RestoreCatalogueResult, 'store' | 'archive' | 'segments' | 'seconds'> = {
      adopted: [],
      tombstones: 0,
      entombed: 0,
      differing: 0,
      damaged: [],
      loose: [],
      interrupted: false,
    }
    for (const [done, number] of numbers.entries()) {
      result.interrupted = signal?.aborted === true
      if (result.interrupted) break
      lock.check()
      const state = states.get(number)
      onProgress?.({ segments: done, of: numbers.length })
      // what was abandoned is no segment; what was restored is live
      if (state === 'abandoned' || state === 'restored' || full.has(number)) continue
      try {
        const manifest = await loadManifest(objects, number)
        if (state !== 'committed' && state !== 'purged') {
          await store.catalogue.adopt({ number, ...intentOf(manifest), ...contentOf(manifest) }, lock.fence)
          result.adopted.push(number)
        }
        const made = await makeTombstones(options, manifest, lock.fence)
        await store.catalogue.purged(number, lock.fence)
        result.tombstones += made.tombstones
        result.entombed += made.entombed
        result.differing += made.differing
      } catch (error) {
        if (!isDamage(error)) throw error
        result.damaged.push({ number, message: error.message })
      }
    }
    if (!result.interrupted) {
      result.loose = await findLoose(options, new Set(numbers), lock)
      result.interrupted = signal?.aborted === true
    }
    const seconds = Math.round(performance.now() - startedAt) / 1000
    return { store: store.url, archive: objects.url, segments: numbers.length, ...result, seconds }
  })
}

/** By their manifests, which are uploaded last. */
async function archivedNumbers(objects: ObjectStore): Promise<number[]> {
  const numbers: number[] = []
  for await (const { key } of objects.list('manifests/')) {
    const number = numberInKey(key)
    if (number !== null) numbers.push(number)
  }
  return numbers.toSorted((a, b) => a - b)
}

async function findLoose(
  { store, objects, signal }: RestoreCatalogueOptions,
  withManifest: ReadonlySet<number>,
  lock: ArchiveLock,
): Promise<Examined[]> {
  const { segments } = await store.catalogue.segments()
  const byNumber = new Map(segments.map((segment) => [segment.number, segment]))
  const found: Examined[] = []
  for await (const { key, sizeBytes } of objects.list('events/')) {
    if (signal?.aborted === true) break
    lock.check()
    const number = numberInKey(key)
    if (number === null || !isLoose(key, byNumber.get(number), withManifest.has(number))) continue
    const examined = await examineLoose(store, objects, { number, key, sizeBytes })
    if (looseText(examined) !== null) found.push(examined)
  }
  return found
}

/** Segments of whose events each has its tombstone. */
async function fullSegments(store: EventStore): Promise<Set<number>> {
  const [{ segments }, sums] = await Promise.all([
    store.catalogue.segments(),
    store.catalogue.tombstoneSums(),
  ])
  const bySegment = new Map(sums.map((sum) => [sum.segment, sum]))
  const full = segments.filter(({ number, state, events, idsXor }) => {
    const sum = bySegment.get(number)
    return state === 'purged' && sum?.tombstones === events && Buffer.compare(sum.idsXor, idsXor) === 0
  })
  return new Set(full.map(({ number }) => number))
}

async function makeTombstones(
  { store, objects }: RestoreCatalogueOptions,
  manifest: Manifest,
  fence: bigint,
): Promise<{ tombstones: number; entombed: number; differing: number }> {
  const { number } = manifest
  const made = { tombstones: 0, entombed: 0, differing: 0 }
  let waiting: LostEvent[] = []
  const make = async (): Promise<void> => {
    const events = waiting
    waiting = []
    const added = await store.catalogue.addTombstones(number, events, fence)
    const live = added.left.filter(({ why }) => why === 'live').map(({ index }) => events[index] as LostEvent)
    made.tombstones += added.moved
    made.differing += added.left.filter(({ why }) => why === 'differs').length
    if (live.length > 0) made.entombed += (await store.catalogue.entomb(number, live, fence)).moved
  }
  for await (const events of readSegment(manifest, segmentBytes(objects, manifest.key))) {
    for (const { id, position, digest, type, createdAt } of events)
      waiting.push({ id, position, digest, type, createdAt })
    if (waiting.length >= CALL_EVENTS) await make()
  }
  if (waiting.length > 0) await make()
  return made
}
