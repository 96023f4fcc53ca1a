import type { ObjectStore } from '../object-store/object-store.ts'
import { objectMissing } from '../object-store/object-errors.ts'
import type { Manifest } from '../segment/manifest.ts'
import { parseManifest } from '../segment/manifest-json.ts'
import { manifestKey } from '../segment/object-keys.ts'
import type { SegmentBytes } from '../segment/segment-bytes.ts'

/** All bytes of an object; null: it is not there. */
export async function readBytes(objects: ObjectStore, key: string): Promise<Buffer | null> {
  const pieces = await objects.read(key)
  if (pieces === null) return null
  const read: Uint8Array[] = []
  for await (const piece of pieces) read.push(piece)
  return Buffer.concat(read)
}

/** The text of a small object; null: it is not there. */
export async function readText(objects: ObjectStore, key: string): Promise<string | null> {
  const bytes = await readBytes(objects, key)
  return bytes && bytes.toString()
}

/**
 * Null: it is not there.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_NEWER, DEMETRA_MANIFEST_DAMAGED
 */
export async function readManifest(objects: ObjectStore, number: number): Promise<Manifest | null> {
  const key = manifestKey(number)
  const text = await readText(objects, key)
  return text === null ? null : parseManifest(key, text)
}

/** The same of one that has to be there. Throws DEMETRA_ARCHIVE_OBJECT where it is not. */
export async function loadManifest(objects: ObjectStore, number: number): Promise<Manifest> {
  const manifest = await readManifest(objects, number)
  if (manifest === null) throw objectMissing(objects.url, manifestKey(number))
  return manifest
}

/** The object of a segment, for its reader. */
export function segmentBytes(objects: ObjectStore, key: string): SegmentBytes {
  return {
    async read() {
      const pieces = await objects.read(key)
      if (pieces === null) throw objectMissing(objects.url, key)
      return pieces
    },
    readRange: (offset, lengthBytes) => objects.readRange(key, offset, lengthBytes),
  }
}
