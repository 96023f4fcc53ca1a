import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archiveEvents, type ArchiveOptions } from '../../src/archive/archive.ts'
import type { ArchiveResult } from '../../src/archive/archive-result.ts'
import { segmentBytes, readManifest } from '../../src/event-log/archive-object.ts'
import { formatEventLine } from '../../src/event/event-line.ts'
import type { NewEvent, StoredEvent } from '../../src/event/event.ts'
import { positionAt } from '../../src/event/position.ts'
import { readEvent } from '../../src/event/read-event.ts'
import { formatUuid } from '../../src/event/uuid.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { openEventStore, type OpenEventStoreOptions } from '../../src/event-store/open.ts'
import type { ObjectStore } from '../../src/object-store/object-store.ts'
import { openObjectStore } from '../../src/object-store/open.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import { readSegment } from '../../src/segment/read-segment.ts'
import { plainLine } from '../support/events.ts'
import type { Urls } from './stores.ts'

/** The first of January 2016; the test's events happen a second apart from there on. */
export const START_MS = Date.UTC(2016, 0, 1)
/** Of a segment: some 25 of the test's events. */
const TARGET_TEXT_BYTES = 6000

/** An event store and an archive of their own. */
export class Place {
  readonly folder: string
  readonly storeUrl: string
  readonly archiveUrl: string
  store!: EventStore
  objects!: ObjectStore
  readonly #opened: { close(): Promise<void> }[] = []

  private constructor(folder: string, { store, archive }: Urls) {
    this.folder = folder
    this.storeUrl = store ?? `sqlite:${join(folder, 'demetra.db')}`
    this.archiveUrl = archive ?? `file:${join(folder, 'archive')}`
  }

  static async open(urls: Urls = {}): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'demetra-archive-')), urls)
    place.store = await place.openStore()
    place.objects = await place.openObjects()
    return place
  }

  /** As another process would. */
  async openStore(url = this.storeUrl, options: OpenEventStoreOptions = {}): Promise<EventStore> {
    return this.#track(await openEventStore(url, options))
  }
  async openObjects(url = this.archiveUrl): Promise<ObjectStore> {
    return this.#track(await openObjectStore(url))
  }

  /** All that there is, unless told otherwise; into small segments. */
  archive(options: Partial<ArchiveOptions> = {}): Promise<ArchiveResult> {
    const { store, objects } = this
    return archiveEvents({
      store,
      objects,
      beforeMs: Date.now(),
      targetTextBytes: TARGET_TEXT_BYTES,
      ...options,
    })
  }

  async live(): Promise<StoredEvent[]> {
    const events: StoredEvent[] = []
    for await (const batch of this.store.read()) events.push(...batch)
    return events
  }

  /** What readers are to see, as `export --full` writes it: live events and those of segments, each once. */
  async log(): Promise<string[]> {
    const events = new Map((await this.live()).map((event) => [formatUuid(event.id), event]))
    for (const { number, state } of (await this.store.catalogue.segments()).segments) {
      if (state !== 'committed' && state !== 'purged') continue
      const manifest = await readManifest(this.objects, number)
      if (manifest === null) throw new Error(`segment ${number} has no manifest`)
      for await (const batch of readSegment(manifest, segmentBytes(this.objects, manifest.key)))
        for (const event of batch) events.set(formatUuid(event.id), event)
    }
    return [...events.values()].toSorted(inLogOrder).map((event) => formatEventLine(event, true))
  }

  async states(): Promise<string[]> {
    const { segments } = await this.store.catalogue.segments()
    return segments.map(({ number, state }) => `${number} ${state}`)
  }

  async close(): Promise<void> {
    for (const store of this.#opened.splice(0)) await store.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  #track<Opened extends { close(): Promise<void> }>(opened: Opened): Opened {
    this.#opened.push(opened)
    return opened
  }
}

/** Events `from` to `from + count - 1`, where they happened; backfilled. */
export function pastEvents(from: number, count: number, more: Partial<NewEvent> = {}): NewEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    const event = readEvent(plainLine(n), { receivedAt: Date.UTC(2026, 0, 1) })
    return { ...event, position: positionAt(START_MS + n * 1000) + 1n, ...more }
  })
}
