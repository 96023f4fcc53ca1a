import type { StoredEvent } from '../event/event.ts'
import { formatUuid } from '../event/uuid.ts'
import type { TombstoneSum } from '../event-store/catalogue.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { isDamage } from '../archive/archive-errors.ts'
import { segmentBytes } from '../event-log/archive-object.ts'
import type { Manifest } from '../segment/manifest.ts'
import { readSegment } from '../segment/read-segment.ts'
import { xorInto } from '../event/xor.ts'
import { LiveCursor } from './live-cursor.ts'
import { damage, MEND, type Damage, type DamageCode } from './proof.ts'

/** Ids that are named of each damage. */
const SAMPLES = 5

export interface Examined {
  /** Events of the segment that are live. */
  broughtBack: number
  damages: Damage[]
}

/**
 * Reads a segment whole, and finds out of each of its events where it is: by the sum of the tombstones, and one by one
 * where that sum does not explain it.
 *
 * @param sum of the tombstones of this segment
 */
export async function examineSegment(
  { store, objects }: { store: EventStore; objects: ObjectStore },
  manifest: Manifest,
  sum: Omit<TombstoneSum, 'segment'>,
): Promise<Examined> {
  const { number, key } = manifest
  const live = new LiveCursor(store, manifest.first, manifest.last)
  const digests = new Uint8Array(16)
  const restIds = Uint8Array.from(manifest.idsXor)
  const restDigests = Uint8Array.from(manifest.digestsXor)
  let broughtBack = 0
  const found = new Found()
  try {
    for await (const events of readSegment(manifest, segmentBytes(objects, key))) {
      for (const { id, position, digest } of events) {
        xorInto(digests, digest)
        const stored = await live.at({ id, position })
        if (stored === null) continue
        if (Buffer.compare(stored.digest, digest) !== 0) found.add('event-differs', id)
        broughtBack += 1
        xorInto(restIds, id)
        xorInto(restDigests, digest)
      }
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    const of = { segment: number, key }
    return { broughtBack: 0, damages: [damage('object-damaged', error.message, MEND.bucket, of)] }
  } finally {
    await live.close()
  }
  const isExplained =
    sum.tombstones + broughtBack === manifest.events &&
    isSame(sum.idsXor, restIds) &&
    isSame(sum.digestsXor, restDigests)
  if (!isExplained) await lookAtEach(store, objects, manifest, found)
  const damages = found.damages(manifest)
  if (!isSame(digests, manifest.digestsXor) && damages.length === 0) {
    const what = `the digests of its events are not those of its manifest`
    damages.push(damage('object-damaged', `${key}: ${what}`, MEND.bucket, { segment: number, key }))
  }
  return { broughtBack, damages }
}

/** Where each event of a segment is, asked one by one. */
async function lookAtEach(
  store: EventStore,
  objects: ObjectStore,
  manifest: Manifest,
  found: Found,
): Promise<void> {
  for await (const events of readSegment(manifest, segmentBytes(objects, manifest.key))) {
    for (const event of events) {
      const code = await faultOf(store, event)
      if (code !== null) found.add(code, event.id)
    }
  }
}

async function faultOf(store: EventStore, event: StoredEvent): Promise<DamageCode | null> {
  const tombstone = await store.catalogue.tombstone(event.id)
  const live = await store.get(event.id)
  if (tombstone !== null && live !== null) return 'event-twice'
  const known = tombstone ?? live
  if (known === null) return 'event-missing'
  return known.position === event.position && isSame(known.digest, event.digest) ? null : 'event-differs'
}

/** Events at fault, by what is wrong with them; in bounded memory. */
class Found {
  readonly #events = new Map<DamageCode, { events: number; ids: Set<string> }>()

  add(code: DamageCode, id: Uint8Array): void {
    const of = this.#events.get(code) ?? { events: 0, ids: new Set() }
    this.#events.set(code, of)
    of.events += 1
    if (of.ids.size < SAMPLES) of.ids.add(formatUuid(id))
  }

  damages({ number, key }: Manifest): Damage[] {
    return [...this.#events].map(([code, { events, ids }]) => {
      const [what, mend] = TEXTS[code] ?? ['are wrong', MEND.backup]
      const message = `${events} of the events of segment ${number} ${what}`
      return damage(code, message, mend, { segment: number, key, events, ids: [...ids] })
    })
  }
}

const TEXTS: Partial<Record<DamageCode, [what: string, mend: string]>> = {
  'event-missing': ['are not known to the event store', MEND.catalogue],
  'event-differs': ['have another digest or position in the event store', MEND.backup],
  'event-twice': ['are live and have a tombstone', MEND.backup],
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
