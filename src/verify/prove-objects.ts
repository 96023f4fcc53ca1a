import type { CatalogueSegment } from '../event-store/catalogue.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { isDamage } from '../archive/archive-errors.ts'
import { isLoose, type LooseObject } from '../archive/loose-objects.ts'
import { readManifest } from '../event-log/archive-object.ts'
import { contentOf, intentOf } from '../archive/segment-steps.ts'
import type { Manifest } from '../segment/manifest.ts'
import { manifestKey, numberInKey } from '../segment/object-keys.ts'
import { damage, MEND, type Damage, type Orphan } from './proof.ts'

/** Objects that are named of each damage. */
const SAMPLES = 5

/** Objects of the archive by key, with their sizes. */
export type Listed = ReadonlyMap<string, number>

export async function listObjects(objects: ObjectStore): Promise<Listed> {
  const listed = new Map<string, number>()
  for (const folder of ['events/', 'manifests/'])
    for await (const { key, sizeBytes } of objects.list(folder)) listed.set(key, sizeBytes)
  return listed
}

/** The manifest of a segment that is to be read, where it is there and says what the catalogue says. */
export async function proveManifest(
  objects: ObjectStore,
  segment: CatalogueSegment,
  damages: Damage[],
): Promise<Manifest | null> {
  const { number } = segment
  const key = manifestKey(number)
  const of = { segment: number, key }
  let manifest: Manifest | null
  try {
    manifest = await readManifest(objects, number)
  } catch (error) {
    if (!isDamage(error)) throw error
    damages.push(damage('manifest-damaged', error.message, MEND.bucket, of))
    return null
  }
  if (manifest === null) {
    damages.push(damage('manifest-missing', `${key} is not in the archive`, MEND.bucket, of))
    return null
  }
  const wanted = { number, ...pick(segment), ...segment.content }
  const found = { number: manifest.number, ...intentOf(manifest), ...contentOf(manifest) }
  if (textOf(wanted) === textOf(found)) return manifest
  damages.push(damage('manifest-differs', `${key} does not say what the catalogue says`, MEND.bucket, of))
  return null
}

/** That the object of a segment is there, with its size. */
export function proveSize({ number, content }: CatalogueSegment, listed: Listed, damages: Damage[]): boolean {
  if (content === null) return false
  const { key, gzipBytes } = content
  const foundBytes = listed.get(key)
  const of = { segment: number, key }
  if (foundBytes === gzipBytes) return true
  damages.push(
    foundBytes === undefined
      ? damage('object-missing', `${key} is not in the archive`, MEND.bucket, of)
      : damage('object-damaged', `${key} has ${foundBytes} bytes, not ${gzipBytes}`, MEND.bucket, of),
  )
  return false
}

/** What lies in the archive and belongs to no segment: recorded as such; of which nothing tells; and all else. */
export function sortOut(
  listed: Listed,
  segments: readonly CatalogueSegment[],
): { orphans: Orphan[]; loose: LooseObject[]; unknown: Damage[] } {
  const byNumber = new Map(segments.map((segment) => [segment.number, segment]))
  const orphans = new Map<number, Orphan>()
  for (const { number, state, reason } of segments)
    if (state === 'abandoned') orphans.set(number, { number, reason: reason ?? '', objects: [] })
  const loose: LooseObject[] = []
  const newer: string[] = []
  const foreign: string[] = []
  for (const [key, sizeBytes] of listed) {
    const number = numberInKey(key)
    const segment = number === null ? undefined : byNumber.get(number)
    if (segment?.state === 'intended' || isOwn(segment, key)) continue
    if (number === null) foreign.push(key)
    else if (isLoose(key, segment, listed.has(manifestKey(number)))) loose.push({ number, key, sizeBytes })
    else if (segment === undefined) newer.push(key)
    else orphans.get(number)?.objects.push({ key, sizeBytes })
  }
  const unknown = [...unknownObjects(newer, MEND.catalogue), ...unknownObjects(foreign, MEND.foreign)]
  return { orphans: [...orphans.values()], loose, unknown }
}

function unknownObjects(keys: readonly string[], mend: string): Damage[] {
  const [key] = keys
  if (key === undefined) return []
  const named = keys.slice(0, SAMPLES).join(', ') + (keys.length > SAMPLES ? ', …' : '')
  const message = `In the archive and not on record (${keys.length}): ${named}`
  return [damage('object-unknown', message, mend, { key })]
}

function isOwn(segment: CatalogueSegment | undefined, key: string): boolean {
  if (segment === undefined || segment.content === null) return false
  return key === segment.content.key || key === manifestKey(segment.number)
}

function pick({ first, last, events, idsXor }: CatalogueSegment): object {
  return { first, last, events, idsXor }
}

/** For comparing: keys sorted, bytes as hexadecimal text. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return String(member)
    if (ArrayBuffer.isView(member))
      return Buffer.from(member.buffer, member.byteOffset, member.byteLength).toString('hex')
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
