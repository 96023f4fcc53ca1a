import type { LogPoint, StoredEvent } from '../event/event.ts'
import { quote } from '../event/exact-json.ts'
import type { EventStore, LogSummary, ReadOptions } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { ArchiveReader } from './archive-reader.ts'
import { readLog, type OnSegment } from './read-log.ts'
import { summarise } from './summarise.ts'
import { wantedSegments } from './wanted-segments.ts'

export interface LogFilter extends ReadOptions {
  /** Only events of this aggregate. */
  aggregateId?: string
  /** Only events of this correlation. */
  correlationId?: string
  /** Payloads will be decoded: what can be done for it beside the reader's own thread, is. Not with the two above. */
  isDecoded?: boolean
}

/** An event, and where it lives. */
export interface LocatedEvent {
  event: StoredEvent
  /** null: it is live. */
  archived: { archive: string; segment: number; key: string } | null
}

/**
 * All events, live and archived, as one sequence in (position, id) order, each once, whatever is archived or brought
 * back meanwhile. The archive is opened where a segment is needed, so that a store without one never touches it.
 *
 * @throws DemetraError what the stores throw; DEMETRA_ARCHIVE_MISSING, exit 10; DEMETRA_ARCHIVE_OF_OTHER_STORE,
 *   DEMETRA_ARCHIVE_DIFFERS, DEMETRA_SEGMENT_DAMAGED, exit 1
 */
export class EventLog {
  readonly #store: EventStore
  readonly #archive: ArchiveReader

  constructor(store: EventStore, openArchive: () => Promise<ObjectStore>) {
    this.#store = store
    this.#archive = new ArchiveReader(store, openArchive)
  }

  get readers(): EventStore['readers'] {
    return this.#store.readers
  }

  get backfills(): EventStore['backfills'] {
    return this.#store.backfills
  }

  storeId(): Promise<string> {
    return this.#store.storeId()
  }

  newestPosition(): Promise<bigint> {
    return this.#store.newestPosition()
  }

  stablePosition(): Promise<bigint> {
    return this.#store.stablePosition()
  }

  /** In batches and bounded memory. */
  read({ aggregateId, correlationId, isDecoded = false, ...options }: LogFilter = {}): AsyncIterable<
    StoredEvent[]
  > {
    if (aggregateId === undefined && correlationId === undefined) {
      return readLog(this.#store, this.#archive, {
        ...options,
        isDecoded,
        live: (store, after) => [store.read(after === undefined ? options : { ...options, after })],
      })
    }
    return readLog(this.#store, this.#archive, {
      ...options,
      live: (store) => [
        store.history(aggregateId === undefined ? { correlationId: correlationId ?? '' } : { aggregateId }),
      ],
      selection: {
        text: memberText(aggregateId ?? correlationId ?? ''),
        isWanted: (event) =>
          (aggregateId === undefined || event.aggregateId === aggregateId) &&
          (correlationId === undefined || event.correlationId === correlationId),
      },
    })
  }

  /**
   * All events of an aggregate, of a correlation, or of both where they have the same id. Segments have no index by
   * these: all are searched.
   */
  history(id: string, onSegment?: OnSegment): AsyncIterable<StoredEvent[]> {
    return readLog(this.#store, this.#archive, {
      live: (store) => [store.history({ aggregateId: id }), store.history({ correlationId: id })],
      selection: {
        text: memberText(id),
        isWanted: (event) => event.aggregateId === id || event.correlationId === id,
      },
      onSegment,
    })
  }

  /** One event; null: there is none of that id. */
  async find(id: Uint8Array): Promise<LocatedEvent | null> {
    return (
      (await this.#findLive(id)) ??
      (await this.#findArchived(id)) ??
      // it may have been brought back in between
      (await this.#findLive(id))
    )
  }

  /** Number of events and XOR of their ids in (after, upTo]. */
  async summary(after: LogPoint, upTo: LogPoint): Promise<LogSummary> {
    const { catalogue } = this.#store
    const range = { after, upTo: upTo.position }
    for (;;) {
      const [{ revision, segments }, live] = await Promise.all([
        wantedSegments(catalogue, range),
        this.#store.summary(after, upTo),
      ])
      if (segments.length > 0) return summarise(this.read(range), upTo)
      if ((await catalogue.revision()) === revision) return live
    }
  }

  async #findLive(id: Uint8Array): Promise<LocatedEvent | null> {
    const event = await this.#store.get(id)
    return event && { event, archived: null }
  }

  async #findArchived(id: Uint8Array): Promise<LocatedEvent | null> {
    const { catalogue } = this.#store
    const tombstone = await catalogue.tombstone(id)
    const segment = tombstone && (await catalogue.segment(tombstone.segment))
    if (tombstone === null || segment === null) return null
    const { event, key, archive } = await this.#archive.find(segment, id, tombstone.position)
    return { event, archived: { archive, segment: segment.number, key } }
  }
}

/** As it stands in the line of an event that has this id for its aggregate_id or its correlation_id. */
function memberText(id: string): string {
  return `_id":${quote(id)}`
}
