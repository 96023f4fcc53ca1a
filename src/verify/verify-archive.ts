import { ARCHIVE_LEASE, type CatalogueSegment, type TombstoneSum } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { examineLoose, looseText, type LooseObject } from '../archive/loose-objects.ts'
import { checkArchive } from '../event-log/archive-root.ts'
import { DemetraError } from '../errors.ts'
import { isGone } from '../process-owner.ts'
import { examineSegment } from './examine-segment.ts'
import { listObjects, proveManifest, proveSize, sortOut, type Listed } from './prove-objects.ts'
import { proveLive } from './prove-live.ts'
import { damage, MEND, mendLoose, type Damage, type Orphan, type Proof } from './proof.ts'

export interface VerifyArchiveOptions {
  store: EventStore
  objects: ObjectStore
  /** Reads every block of the archive and every live event, and computes every digest. */
  deep: boolean
  signal?: AbortSignal
  onProgress?: (progress: { segments: number; of: number; liveEvents: number }) => void
}

/**
 * Proves that event store, tombstones, catalogue and archive hold each id exactly once, with the right digest. What is
 * wrong is in `damages`; it throws only where it cannot look. Changes nothing.
 */
export async function verifyArchive(options: VerifyArchiveOptions): Promise<Proof> {
  return new Verification(options).run()
}

const NOTHING = { tombstones: 0, idsXor: new Uint8Array(16), digestsXor: new Uint8Array(16) }

class Verification {
  readonly #options: VerifyArchiveOptions
  readonly #damages: Damage[] = []
  #broughtBack = 0

  constructor(options: VerifyArchiveOptions) {
    this.#options = options
  }

  async run(): Promise<Proof> {
    const startedAt = performance.now()
    const { store, objects, deep, signal } = this.#options
    const isThere = await this.#proveRoot()
    const running = await whoRuns(store)
    // the list first: what it calls purged has all its tombstones in the sums
    const { segments } = await store.catalogue.segments()
    const sums = new Map((await store.catalogue.tombstoneSums()).map((sum) => [sum.segment, sum]))
    const listed = isThere ? await listObjects(objects) : new Map<string, number>()
    const inUse = segments.filter(({ state }) => state === 'purged' || state === 'committed')
    for (const [done, segment] of isThere ? inUse.entries() : []) {
      signal?.throwIfAborted()
      await this.#proveSegment(segment, sums.get(segment.number) ?? NOTHING, listed)
      this.#options.onProgress?.({ segments: done + 1, of: inUse.length, liveEvents: 0 })
    }
    const { orphans, loose, unknown } = sortOut(listed, (await store.catalogue.segments()).segments)
    this.#damages.push(...unknown)
    for (const object of loose) {
      signal?.throwIfAborted()
      if (await this.#proveLoose(object)) addOrphan(orphans, object)
    }
    this.#proveOthers(segments, sums, running !== null)
    const live = deep
      ? await proveLive(store, signal, (liveEvents) =>
          this.#options.onProgress?.({ segments: inUse.length, of: inUse.length, liveEvents }),
        )
      : null
    this.#damages.push(...(live?.damages ?? []))
    const sum = (of: (segment: CatalogueSegment) => number): number =>
      inUse.reduce((total, segment) => total + of(segment), 0)
    return {
      store: store.url,
      archive: objects.url,
      deep,
      segments: {
        segments: inUse.length,
        events: sum(({ events }) => events),
        textBytes: sum(({ content }) => content?.textBytes ?? 0),
        gzipBytes: sum(({ content }) => content?.gzipBytes ?? 0),
        restored: segments.filter(({ state }) => state === 'restored').length,
      },
      liveEvents: live?.events ?? null,
      broughtBack: this.#broughtBack,
      orphans,
      running,
      damages: this.#damages,
      seconds: Math.round(performance.now() - startedAt) / 1000,
    }
  }

  /** False: of its segments nothing can be said. */
  async #proveRoot(): Promise<boolean> {
    const { store, objects } = this.#options
    try {
      await checkArchive(store, objects)
      return true
    } catch (error) {
      if (!(error instanceof DemetraError) || !ROOT.has(error.code)) throw error
      this.#damages.push(damage('archive-root', error.message, MEND.url, { key: 'archive.json' }))
      return false
    }
  }

  async #proveSegment(
    segment: CatalogueSegment,
    sum: Omit<TombstoneSum, 'segment'>,
    listed: Listed,
  ): Promise<void> {
    const { deep } = this.#options
    const isThere = proveSize(segment, listed, this.#damages)
    const manifest = await proveManifest(this.#options.objects, segment, this.#damages)
    // of a segment under way some events are live yet
    if (segment.state === 'committed' || !isThere || manifest === null) return
    if (!deep && isWhole(segment, sum)) return
    const { broughtBack, damages } = await examineSegment(this.#options, manifest, sum)
    this.#broughtBack += broughtBack
    this.#damages.push(...damages)
  }

  /** True: all its events are elsewhere. */
  async #proveLoose(object: LooseObject): Promise<boolean> {
    const { store, objects } = this.#options
    const examined = await examineLoose(store, objects, object)
    const { number: segment, key, events, unknown } = examined
    const message = looseText(examined)
    if (message === null) return true
    const mend = events === null ? MEND.unreadable : mendLoose(objects.url, key)
    const of = { segment, key, ...(events === null ? {} : { events: unknown }) }
    this.#damages.push(damage('manifest-missing', message, mend, of))
    return false
  }

  /** What is not finished, and tombstones that no segment explains. */
  #proveOthers(
    segments: readonly CatalogueSegment[],
    sums: ReadonlyMap<number, TombstoneSum>,
    isRunning: boolean,
  ): void {
    for (const { number, state } of segments) {
      if (isRunning || (state !== 'intended' && state !== 'committed')) continue
      const message = `Segment ${number} was begun and is not finished (${state})`
      this.#damages.push(damage('unfinished', message, MEND.archive, { segment: number }))
    }
    const states = new Map(segments.map(({ number, state }) => [number, state]))
    for (const { segment, tombstones } of sums.values()) {
      const state = states.get(segment)
      if (state === 'purged' || state === 'committed' || isRunning) continue
      const message = `${tombstones} tombstones name segment ${segment}, which is ${state ?? 'not on record'}`
      this.#damages.push(
        damage('tombstones-unknown', message, MEND.catalogue, { segment, events: tombstones }),
      )
    }
  }
}

const ROOT = new Set([
  'DEMETRA_ARCHIVE_OF_OTHER_STORE',
  'DEMETRA_ARCHIVE_MISSING',
  'DEMETRA_MANIFEST_DAMAGED',
])

function isWhole({ events, idsXor, content }: CatalogueSegment, sum: Omit<TombstoneSum, 'segment'>): boolean {
  return (
    sum.tombstones === events &&
    Buffer.compare(sum.idsXor, idsXor) === 0 &&
    content !== null &&
    Buffer.compare(sum.digestsXor, content.digestsXor) === 0
  )
}

async function whoRuns(store: EventStore): Promise<string | null> {
  const [leases, now] = await Promise.all([store.leases.list(), store.now()])
  const held = leases.find(({ name, expiresAt }) => name === ARCHIVE_LEASE && expiresAt > now)
  return held === undefined || isGone(held.owner) ? null : held.owner
}

function addOrphan(orphans: Orphan[], { number, key, sizeBytes }: LooseObject): void {
  const known = orphans.find((orphan) => orphan.number === number)
  if (known === undefined)
    orphans.push({ number, reason: 'no manifest tells of it', objects: [{ key, sizeBytes }] })
  else known.objects.push({ key, sizeBytes })
}
