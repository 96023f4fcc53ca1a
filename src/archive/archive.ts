import type { StoredEvent } from '../event/event.ts'
import { formatTime } from '../event/time.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { manifestKey } from '../segment/object-keys.ts'
import { catalogueBehind } from './archive-errors.ts'
import { ArchiveLock } from './archive-lock.ts'
import { ProgressTeller, type ArchiveProgress } from './archive-progress.ts'
import { archivedSegment, keptEvents, type ArchivedSegment, type ArchiveResult } from './archive-result.ts'
import { claimArchive } from './claim-archive.ts'
import { findBoundary } from './boundary.ts'
import { fillSegments } from './fill-segments.ts'
import { finishUnfinished } from './finish-unfinished.ts'
import { Pipeline } from './pipeline.ts'
import type { AbandonedSegment, Moving } from './segment-steps.ts'

export interface ArchiveOptions {
  store: EventStore
  objects: ObjectStore
  /** Milliseconds since 1970: events from before it, by position, are moved. */
  beforeMs: number
  /** Once so many are filled, no further one is begun. */
  maxSegments?: number | undefined
  /** After so long no further one is begun. */
  maxTimeMs?: number | undefined
  /** Of a segment; default 64 MiB. */
  targetTextBytes?: number
  signal?: AbortSignal
  onProgress?: (progress: ArchiveProgress) => void
  onWarning?: (message: string) => void
}

/**
 * Moves aged events into the archive, under the event store's lease: first what an earlier run has left half done,
 * then segment after segment from the oldest live event on. An abort ends it with the segments in hand.
 *
 * @throws DemetraError DEMETRA_LOCKED, DEMETRA_ARCHIVE_FENCED, exit 11; DEMETRA_ARCHIVE_OF_OTHER_STORE,
 *   DEMETRA_CATALOGUE_BEHIND, exit 1; DEMETRA_ARCHIVE_MISSING, exit 10; and what the stores throw
 */
export function archiveEvents(options: ArchiveOptions): Promise<ArchiveResult> {
  return ArchiveLock.hold(options.store.leases, (lock) => new ArchiveRun(options, lock).run())
}

class ArchiveRun {
  readonly #options: ArchiveOptions
  readonly #moving: Moving
  readonly #startedAt = performance.now()
  readonly #abandoned: AbandonedSegment[] = []
  readonly #moved: ArchivedSegment[] = []
  #filled = 0
  #stoppedBy: ArchiveResult['stoppedBy'] = null

  constructor(options: ArchiveOptions, lock: ArchiveLock) {
    this.#options = options
    const { store, objects, onWarning } = options
    this.#moving = {
      store,
      objects,
      lock,
      onAbandoned: (segment) => this.#abandoned.push(segment),
      onLeft: (number, events) =>
        onWarning?.(
          `${events} events of segment ${number} were changed in the event store meanwhile; ` +
            '`demetra verify` tells which',
        ),
    }
  }

  async run(): Promise<ArchiveResult> {
    const { store, objects, beforeMs, signal } = this.#options
    await claimArchive(store, objects)
    await this.#checkCatalogue()
    this.#moved.push(...(await finishUnfinished(this.#moving)).map(archivedSegment))
    const finished = this.#moved.map(({ number }) => number)
    const { upTo, kept } = await findBoundary(store, beforeMs, signal)
    await this.#moveUpTo(upTo)
    const seconds = Math.round(performance.now() - this.#startedAt) / 1000
    const segments = this.#moved.toSorted((a, b) => a.number - b.number)
    const sum = (of: 'events' | 'textBytes' | 'gzipBytes'): number =>
      segments.reduce((total, segment) => total + segment[of], 0)
    return {
      store: store.url,
      archive: objects.url,
      before: formatTime(beforeMs),
      segments,
      events: sum('events'),
      textBytes: sum('textBytes'),
      gzipBytes: sum('gzipBytes'),
      finished,
      abandoned: this.#abandoned,
      kept: keptEvents(kept),
      stoppedBy: this.#stoppedBy,
      seconds,
      eventsPerSecond: seconds > 0 ? Math.round(sum('events') / seconds) : 0,
    }
  }

  /** A store that was brought back from a backup would give numbers anew that its archive has. */
  async #checkCatalogue(): Promise<void> {
    const { store, objects } = this.#options
    const { segments } = await store.catalogue.segments()
    const next = (segments.at(-1)?.number ?? 0) + 1
    if ((await objects.head(manifestKey(next))) !== null) throw catalogueBehind(objects.url, next)
  }

  async #moveUpTo(upTo: bigint): Promise<void> {
    const { store, targetTextBytes, onProgress } = this.#options
    const progress = new ProgressTeller(upTo, onProgress)
    const pipeline = new Pipeline(this.#moving, (manifest) => {
      this.#moved.push(archivedSegment(manifest))
      progress.moved(manifest.last.position)
    })
    const segments = fillSegments(
      this.#untilStopped(store.read({ upTo }), progress),
      targetTextBytes === undefined ? {} : { targetTextBytes },
    )
    try {
      if (this.#isStopped()) return
      for await (const segment of segments) {
        if (this.#stoppedBy === 'interrupt') break
        await pipeline.add(segment)
        this.#filled += 1
        if (this.#isStopped()) break
      }
    } finally {
      await pipeline.end()
    }
  }

  /** An interrupt leaves the segment that is being filled; the other limits are looked at between segments. */
  async *#untilStopped(
    batches: AsyncIterable<StoredEvent[]>,
    progress: ProgressTeller,
  ): AsyncGenerator<StoredEvent[]> {
    for await (const batch of batches) {
      if (this.#options.signal?.aborted === true) {
        this.#stoppedBy = 'interrupt'
        return
      }
      yield batch
      progress.read(batch)
    }
  }

  #isStopped(): boolean {
    const { signal, maxSegments = Infinity, maxTimeMs = Infinity } = this.#options
    if (signal?.aborted === true) this.#stoppedBy = 'interrupt'
    else if (this.#filled >= maxSegments) this.#stoppedBy = 'max-segments'
    else if (performance.now() - this.#startedAt >= maxTimeMs) this.#stoppedBy = 'max-time'
    return this.#stoppedBy !== null
  }
}
