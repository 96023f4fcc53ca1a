import type { EventStore } from '../event-store/event-store.ts'
import { checkArchive } from '../event-log/archive-root.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { formatArchiveRoot } from '../segment/archive-root.ts'
import { ARCHIVE_ROOT_KEY } from '../segment/object-keys.ts'
import { createText } from './create-text.ts'

/** Makes the archive this store's where it is nobody's yet. Throws as `checkArchive` does. */
export async function claimArchive(store: EventStore, objects: ObjectStore): Promise<void> {
  if (await checkArchive(store, objects)) return
  await createText(objects, ARCHIVE_ROOT_KEY, formatArchiveRoot({ storeId: await store.storeId() }))
  // where another store's run was faster, this tells
  await checkArchive(store, objects)
}
