import { formatUuid, parseUuid } from '../event/uuid.ts'
import { formatJsonFile, parseJsonFile } from './json-file.ts'
import { ARCHIVE_ROOT_KEY } from './object-keys.ts'

/** What archive.json says: the archive belongs to one event store. */
export interface ArchiveRoot {
  /** UUID of the event store. */
  storeId: string
}

export function formatArchiveRoot({ storeId }: ArchiveRoot): string {
  return formatJsonFile({ storeId })
}

/** @throws DemetraError DEMETRA_ARCHIVE_NEWER, DEMETRA_MANIFEST_DAMAGED */
export function parseArchiveRoot(text: string): ArchiveRoot {
  const file = parseJsonFile(ARCHIVE_ROOT_KEY, text)
  return { storeId: formatUuid(file.parsed('storeId', parseUuid, 'a UUID')) }
}
