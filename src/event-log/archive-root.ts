import type { EventStore } from '../event-store/event-store.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { parseArchiveRoot, type ArchiveRoot } from '../segment/archive-root.ts'
import { ARCHIVE_ROOT_KEY } from '../segment/object-keys.ts'
import { archiveMissing, archiveOfOtherStore } from './archive-errors.ts'
import { readText } from './archive-object.ts'

/** What archive.json says; null: there is no archive yet. */
export async function readArchiveRoot(objects: ObjectStore): Promise<ArchiveRoot | null> {
  const text = await readText(objects, ARCHIVE_ROOT_KEY)
  return text === null ? null : parseArchiveRoot(text)
}

/**
 * Tells whether the archive is there, and that it is this store's.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_OF_OTHER_STORE, exit 1; DEMETRA_ARCHIVE_MISSING, exit 10, where there is none
 *   and the store has segments in it
 */
export async function checkArchive(store: EventStore, objects: ObjectStore): Promise<boolean> {
  const root = await readArchiveRoot(objects)
  const storeId = await store.storeId()
  if (root !== null) {
    if (root.storeId !== storeId) throw archiveOfOtherStore(objects.url, root.storeId, storeId)
    return true
  }
  const { segments } = await store.catalogue.segments()
  const archived = segments.filter(({ content }) => content !== null)
  if (archived.length > 0) throw archiveMissing(objects.url, archived.length)
  return false
}

/** The same, where there has to be one. */
export async function requireArchive(store: EventStore, objects: ObjectStore): Promise<void> {
  if (!(await checkArchive(store, objects))) throw archiveMissing(objects.url, 0)
}
