import { createHash } from 'node:crypto'
import type { ObjectStore } from '../object-store/object-store.ts'
import { formatManifest } from '../segment/manifest-json.ts'
import { manifestKey } from '../segment/object-keys.ts'
import type { WrittenSegment } from '../segment/segment-writer.ts'
import { readBackDiffers } from './archive-errors.ts'
import { createText } from './create-text.ts'

/**
 * Brings a segment into the archive: uploads it, reads it back, and then uploads its manifest. Can be repeated.
 * `taken`: other content lies under its number, and was left as it is.
 */
export async function storeSegment(
  objects: ObjectStore,
  { body, manifest }: WrittenSegment,
): Promise<'stored' | 'taken'> {
  const { key, number, gzipBytes, sha256 } = manifest
  if ((await objects.create(key, body, sha256)) === 'different') return 'taken'
  await proveObject(objects, key, gzipBytes, sha256)
  const created = await createText(objects, manifestKey(number), formatManifest(manifest))
  return created === 'different' ? 'taken' : 'stored'
}

/** @throws DemetraError DEMETRA_ARCHIVE_OBJECT, exit 1, where the object is not what was written */
async function proveObject(
  objects: ObjectStore,
  key: string,
  sizeBytes: number,
  sha256: Uint8Array,
): Promise<void> {
  const pieces = await objects.read(key)
  if (pieces === null) throw readBackDiffers(objects.url, key, 'it is not there')
  const hash = createHash('sha256')
  let foundBytes = 0
  for await (const piece of pieces) {
    hash.update(piece)
    foundBytes += piece.length
  }
  if (foundBytes !== sizeBytes)
    throw readBackDiffers(objects.url, key, `it has ${foundBytes} bytes, not ${sizeBytes}`)
  if (hash.digest().compare(sha256) !== 0) throw readBackDiffers(objects.url, key, 'it has another SHA-256')
}
