import type { StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { CatalogueSegment } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { BlockThread } from '../segment/block-thread.ts'
import { blocksBetween, type Manifest } from '../segment/manifest.ts'
import { manifestKey } from '../segment/object-keys.ts'
import { readBlock } from '../segment/read-block.ts'
import { readSegment, type ReadSegmentOptions } from '../segment/read-segment.ts'
import { damagedSegment } from '../segment/segment-error.ts'
import { otherManifest } from './archive-errors.ts'
import { loadManifest, segmentBytes } from './archive-object.ts'
import { requireArchive } from './archive-root.ts'

export interface FoundEvent {
  event: StoredEvent
  /** Of the segment's object. */
  key: string
  /** URL, secrets left out. */
  archive: string
}

/** Each is some 50 KB. */
const MANIFESTS_KEPT = 32

/** Segments of one event store's archive, which is opened by the first that is needed, and looked at once whose it is. */
export class ArchiveReader {
  readonly #store: EventStore
  readonly #openStore: () => Promise<ObjectStore>
  #archive: Promise<ObjectStore> | null = null
  readonly #thread = new BlockThread()
  /** By number of the segment; the one used last is last. */
  readonly #manifests = new Map<number, Promise<Manifest>>()

  constructor(store: EventStore, openStore: () => Promise<ObjectStore>) {
    this.#store = store
    this.#openStore = openStore
  }

  /** The events of a segment, as readSegment gives them. */
  async *read(segment: CatalogueSegment, options: ReadSegmentOptions): AsyncGenerator<StoredEvent[]> {
    const manifest = await this.#manifest(segment)
    yield* readSegment(manifest, segmentBytes(await this.#opened(), manifest.key), options, this.#thread)
  }

  /** Asks for what a read of the segment will need first. What fails is told by that read. */
  prepare(segment: CatalogueSegment): void {
    this.#manifest(segment).catch(() => undefined)
  }

  /** One event, by a request for one block, or few where many events stand at its position. */
  async find(segment: CatalogueSegment, id: Uint8Array, position: bigint): Promise<FoundEvent> {
    const manifest = await this.#manifest(segment)
    const { key } = manifest
    const archive = await this.#opened()
    for (const block of blocksBetween(manifest, position, position)) {
      const bytes = await archive.readRange(key, block.offset, block.length)
      const events = await readBlock(manifest, block, bytes)
      const event = events.find((one) => Buffer.compare(one.id, id) === 0)
      if (event !== undefined) return { event, key, archive: archive.url }
    }
    throw damagedSegment(manifest, `the event ${formatUuid(id)} is not in it`)
  }

  #manifest(segment: CatalogueSegment): Promise<Manifest> {
    const { number } = segment
    const manifest = this.#manifests.get(number) ?? this.#readManifest(segment)
    this.#manifests.delete(number)
    this.#manifests.set(number, manifest)
    // what failed may pass
    manifest.catch(() => this.#manifests.delete(number))
    for (const oldest of this.#manifests.keys()) {
      if (this.#manifests.size <= MANIFESTS_KEPT) break
      this.#manifests.delete(oldest)
    }
    return manifest
  }

  async #readManifest({ number, content }: CatalogueSegment): Promise<Manifest> {
    const archive = await this.#opened()
    const manifest = await loadManifest(archive, number)
    if (content === null || Buffer.compare(manifest.sha256, content.sha256) !== 0)
      throw otherManifest(archive.url, manifestKey(number), number)
    return manifest
  }

  #opened(): Promise<ObjectStore> {
    if (this.#archive === null) {
      const opening = this.#open()
      this.#archive = opening
      // the next call tries again
      opening.catch(() => {
        if (this.#archive === opening) this.#archive = null
      })
    }
    return this.#archive
  }

  async #open(): Promise<ObjectStore> {
    const archive = await this.#openStore()
    await requireArchive(this.#store, archive)
    return archive
  }
}
