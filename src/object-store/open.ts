import { DemetraError, EXIT } from '../errors.ts'
import { redactUrl } from '../text/redact.ts'
import type { ObjectStore } from './object-store.ts'
import { parseS3Url } from './s3/location.ts'

/** The object that an `s3://BUCKET/KEY` URL names, in a store of the whole bucket. Throws as `openObjectStore`. */
export async function openS3Object(url: string): Promise<{ store: ObjectStore; key: string }> {
  const location = parseS3Url(url)
  const { S3ObjectStore } = await import('./s3.ts')
  return { store: new S3ObjectStore({ ...location, path: '' }), key: location.path }
}

/**
 * The object store behind a URL: `file:DIR`, or `s3://BUCKET/PREFIX?region=…&endpoint=…&forcePathStyle=…`. Nothing is opened or made yet.
 *
 * @throws DemetraError DEMETRA_ARCHIVE_URL, exit 2, for a URL of any other form
 */
export async function openObjectStore(url: string): Promise<ObjectStore> {
  if (url.startsWith('s3://')) {
    const location = parseS3Url(url)
    const { S3ObjectStore } = await import('./s3.ts')
    return new S3ObjectStore(location)
  }
  const path = /^file:(?:\/\/(?=\/))?(.+)$/su.exec(url)?.[1]
  if (path === undefined) {
    throw new DemetraError(
      `Cannot open the archive '${redactUrl(url)}': expected file:DIR or s3://BUCKET/PREFIX`,
      {
        code: 'DEMETRA_ARCHIVE_URL',
        exitCode: EXIT.usage,
        hints: [
          'Set `archive` in the configuration, DEMETRA_ARCHIVE or --archive, e.g. `--archive file:archive`',
        ],
      },
    )
  }
  const { DirectoryObjectStore } = await import('./directory.ts')
  return new DirectoryObjectStore(path)
}
