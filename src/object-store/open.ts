import { DemetraError, EXIT } from '../errors.ts'
import { redactUrl } from '../text/redact.ts'
import type { ObjectStore } from './object-store.ts'

/**
 * The object store behind a URL: `file:DIR`. Nothing is opened or made yet.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_URL, exit 2, for a URL of any other form
 */
export async function openObjectStore(url: string): Promise<ObjectStore> {
  const path = /^file:(?:\/\/(?=\/))?(.+)$/su.exec(url)?.[1]
  if (path === undefined) {
    throw new DemetraError(`Cannot open the archive '${redactUrl(url)}': expected file:DIR`, {
      code: 'DEMETRA_ARCHIVE_URL',
      exitCode: EXIT.usage,
      hints: [
        'Set `archive` in the configuration, DEMETRA_ARCHIVE or --archive, e.g. `--archive file:archive`',
      ],
    })
  }
  const { DirectoryObjectStore } = await import('./directory.ts')
  return new DirectoryObjectStore(path)
}
