import { DemetraError, EXIT } from '../errors.ts'

const ANOTHER = 'Name the right one: `archive` in the configuration, DEMETRA_ARCHIVE or --archive'

/** Segments are to be read, and there is no archive. */
export function archiveMissing(url: string): DemetraError {
  return new DemetraError(
    `Events of this store were archived, and there is no archive in ${url}: archive.json is not there`,
    {
      code: 'DEMETRA_ARCHIVE_MISSING',
      exitCode: EXIT.unreachable,
      hints: [ANOTHER, '`demetra status` tells what was archived'],
      context: { archive: url },
    },
  )
}

export function archiveOfOtherStore(url: string, foundId: string, storeId: string): DemetraError {
  return new DemetraError(
    `The archive ${url} belongs to another event store: to ${foundId}, and this store is ${storeId}`,
    {
      code: 'DEMETRA_ARCHIVE_OF_OTHER_STORE',
      exitCode: EXIT.failed,
      hints: [ANOTHER],
      context: { archive: url, found: foundId, expected: storeId },
    },
  )
}

/** What lies under the segment's number is not what this store has archived. */
export function otherManifest(url: string, key: string, segment: number): DemetraError {
  return new DemetraError(`${key} of ${url} is not the manifest of the store's segment ${segment}`, {
    code: 'DEMETRA_ARCHIVE_DIFFERS',
    exitCode: EXIT.failed,
    hints: [ANOTHER, '`demetra verify` tells what store and archive hold'],
    context: { archive: url, key, segment },
  })
}
