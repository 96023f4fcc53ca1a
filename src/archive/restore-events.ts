import type { LogPoint, StoredEvent } from '../event/event.ts'
import type { CatalogueSegment, MoveResult } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { readSegment } from '../segment/read-segment.ts'
import type { Manifest } from '../segment/manifest.ts'
import { DemetraError, EXIT } from '../errors.ts'
import { ArchiveLock } from './archive-lock.ts'
import { loadManifest, segmentBytes } from '../event-log/archive-object.ts'
import { checkArchive } from '../event-log/archive-root.ts'

export interface RestoreOptions {
  store: EventStore
  objects: ObjectStore
  /** These segments whole, or the events of (after, upTo]. */
  what: { segments: readonly number[] } | { after?: LogPoint; upTo?: bigint }
  signal?: AbortSignal
  onProgress?: (progress: { events: number; of: number }) => void
}

export interface RestoreResult {
  store: string
  archive: string
  /** Archived events that are live again. */
  events: number
  /** Were live before. */
  already: number
  /** Not brought back: in another segment by now, archived again meanwhile, or changed in the event store. */
  left: number
  segments: RestoredSegment[]
  interrupted: boolean
  seconds: number
}

export interface RestoredSegment {
  number: number
  events: number
  /** All its events are live: readers need it no more. */
  whole: boolean
}

/** Of one call of the event store: so many events, or so much of their payloads. */
const REVIVE_EVENTS = 5000
const REVIVE_LENGTH = 4 * 1024 * 1024

/**
 * Brings archived events back, live where they stood. What lies in the archive stays there. Can be repeated. An abort
 * ends it after the segment in hand.
 *
 * @throws DemetraError DEMETRA_NO_SEGMENT, exit 2; DEMETRA_LOCKED, DEMETRA_ARCHIVE_FENCED, exit 11; and what the stores
 *   throw
 */
export async function restoreEvents(options: RestoreOptions): Promise<RestoreResult> {
  const { store, objects, signal, onProgress } = options
  const startedAt = performance.now()
  await checkArchive(store, objects)
  return ArchiveLock.hold(store.leases, async (lock) => {
    const wanted = await wantedSegments(options)
    const of = wanted.reduce((sum, { events }) => sum + events, 0)
    const result = { events: 0, already: 0, left: 0, segments: [] as RestoredSegment[], interrupted: false }
    for (const segment of wanted) {
      result.interrupted = signal?.aborted === true
      if (result.interrupted) break
      lock.check()
      const { moved, already, left } = await restoreSegment(options, segment, lock.fence)
      const whole = moved + already === segment.events
      if (whole) await store.catalogue.restored(segment.number, lock.fence)
      result.events += moved
      result.already += already
      result.left += left.length
      result.segments.push({ number: segment.number, events: moved, whole })
      onProgress?.({ events: result.events + result.already + result.left, of })
    }
    const seconds = Math.round(performance.now() - startedAt) / 1000
    return { store: store.url, archive: objects.url, ...result, seconds }
  })
}

async function wantedSegments({ store, what }: RestoreOptions): Promise<CatalogueSegment[]> {
  const range = 'segments' in what ? {} : rangeOf(what)
  const { segments } = await store.catalogue.segments(range)
  const readable = segments.filter(({ content }) => content !== null)
  if (!('segments' in what)) return readable.filter(({ state }) => state !== 'restored')
  return what.segments.map((number) => {
    const segment = readable.find((one) => one.number === number)
    if (segment !== undefined) return segment
    throw noSegment(number, segments.find((one) => one.number === number)?.state)
  })
}

function rangeOf({ after, upTo }: { after?: LogPoint; upTo?: bigint }): { after?: bigint; upTo?: bigint } {
  // of the events at `after` itself some may be wanted
  return {
    ...(after === undefined ? {} : { after: after.position - 1n }),
    ...(upTo === undefined ? {} : { upTo }),
  }
}

function noSegment(number: number, state: string | undefined): DemetraError {
  const what = state === undefined ? 'is not on record' : `is ${state}`
  return new DemetraError(`There is nothing to bring back of segment ${number}: it ${what}`, {
    code: 'DEMETRA_NO_SEGMENT',
    exitCode: EXIT.usage,
    hints: ['`demetra status` tells what the archive holds'],
    context: { segment: number },
  })
}

async function restoreSegment(
  { store, objects, what }: RestoreOptions,
  segment: CatalogueSegment,
  fence: bigint,
): Promise<MoveResult> {
  const manifest: Manifest = await loadManifest(objects, segment.number)
  const range = 'segments' in what ? {} : what
  const sum: MoveResult = { moved: 0, already: 0, left: [] }
  let waiting: StoredEvent[] = []
  let length = 0
  let reviving: Promise<void> = Promise.resolve()
  const revive = async (events: readonly StoredEvent[]): Promise<void> => {
    const { moved, already, left } = await store.catalogue.revive(segment.number, events, fence)
    sum.moved += moved
    sum.already += already
    sum.left.push(...left)
  }
  /** While these are brought back the next are read, and no more than that. */
  const reviveWaiting = async (): Promise<void> => {
    await reviving
    reviving = revive(waiting)
    // it may fail while the next are read: told when they are ready
    reviving.catch(() => undefined)
    waiting = []
    length = 0
  }
  try {
    for await (const events of readSegment(manifest, segmentBytes(objects, manifest.key), range)) {
      waiting.push(...events)
      length += events.reduce((total, { payload }) => total + payload.length, 0)
      if (waiting.length >= REVIVE_EVENTS || length >= REVIVE_LENGTH) await reviveWaiting()
    }
    if (waiting.length > 0) await reviveWaiting()
  } finally {
    // the lease is held until it is done
    await reviving
  }
  return sum
}
