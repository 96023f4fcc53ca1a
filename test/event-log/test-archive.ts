import { createHash } from 'node:crypto'
import type { StoredEvent } from '../../src/event/event.ts'
import { ARCHIVE_LEASE, type Catalogue } from '../../src/event-store/catalogue.ts'
import type { EventStore } from '../../src/event-store/event-store.ts'
import type { ObjectStore } from '../../src/object-store/object-store.ts'
import { formatArchiveRoot } from '../../src/segment/archive-root.ts'
import { inLogOrder } from '../../src/event/log-order.ts'
import { formatManifest } from '../../src/segment/manifest-json.ts'
import { ARCHIVE_ROOT_KEY, manifestKey } from '../../src/segment/object-keys.ts'
import { SegmentWriter } from '../../src/segment/segment-writer.ts'

/** Moves events of a store to an archive and back, by the steps that the commands take, each when a test wants it. */
export class TestArchive {
  readonly #catalogue: Catalogue
  readonly #objects: ObjectStore
  readonly #fence: bigint
  /** What each segment holds, by its number. */
  readonly held = new Map<number, StoredEvent[]>()

  private constructor(catalogue: Catalogue, objects: ObjectStore, fence: bigint) {
    this.#catalogue = catalogue
    this.#objects = objects
    this.#fence = fence
  }

  static async begin(store: EventStore, objects: ObjectStore): Promise<TestArchive> {
    const lease = await store.leases.acquire(ARCHIVE_LEASE, 'test', 600_000)
    if (!lease.granted) throw new Error('another has the archive')
    const archive = new TestArchive(store.catalogue, objects, lease.token)
    await archive.#create(ARCHIVE_ROOT_KEY, [
      Buffer.from(formatArchiveRoot({ storeId: await store.storeId() })),
    ])
    return archive
  }

  /** All steps, as many segments as it takes. */
  async archive(events: readonly StoredEvent[], targetTextBytes?: number): Promise<number[]> {
    const numbers: number[] = []
    for (let at = 0; at < events.length;) {
      const number = await this.commit(events.slice(at), targetTextBytes)
      const own = this.held.get(number) ?? []
      await this.entomb(number, own)
      await this.#catalogue.purged(number, this.#fence)
      at += own.length
      numbers.push(number)
    }
    return numbers
  }

  /** One segment of the first of the events; they stay live. */
  async commit(events: readonly StoredEvent[], targetTextBytes?: number): Promise<number> {
    const ordered = events.toSorted(inLogOrder)
    const writer = (number: number): SegmentWriter =>
      new SegmentWriter(number, targetTextBytes === undefined ? {} : { targetTextBytes })
    const trial = writer(0)
    const own = ordered.slice(0, await trial.add(ordered))
    const { first, last, events: count, idsXor } = (await trial.finish()).manifest
    const number = await this.#catalogue.begin({ first, last, events: count, idsXor }, this.#fence)
    const written = writer(number)
    await written.add(own)
    const { body, manifest } = await written.finish()
    const { key, types, textBytes, gzipBytes, sha256, digestsXor } = manifest
    await this.#create(key, body)
    await this.#create(manifestKey(number), [Buffer.from(formatManifest(manifest))])
    const content = { key, types, textBytes, gzipBytes, sha256, digestsXor }
    await this.#catalogue.commit(number, content, this.#fence)
    this.held.set(number, own)
    return number
  }

  async entomb(number: number, events: readonly StoredEvent[]): Promise<void> {
    await this.#catalogue.entomb(number, events, this.#fence)
  }

  /** Back into the store. With all of them the segment is not read any more. */
  async restore(number: number, events: readonly StoredEvent[]): Promise<void> {
    await this.#catalogue.revive(number, events, this.#fence)
    if (events.length === this.held.get(number)?.length) await this.#catalogue.restored(number, this.#fence)
  }

  async #create(key: string, body: readonly Uint8Array[]): Promise<void> {
    const sha256 = createHash('sha256')
    for (const piece of body) sha256.update(piece)
    await this.#objects.create(key, body, sha256.digest())
  }
}
