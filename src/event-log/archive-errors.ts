import { DemetraError, EXIT } from '../errors.ts'

const ANOTHER = 'Name the right one: `archive` in the configuration, DEMETRA_ARCHIVE or --archive'

/** There is no archive.json. `segments`: how many of the archive's the catalogue has. */
export function archiveMissing(url: string, segments: number): DemetraError {
  return new DemetraError(
    segments === 0
      ? `There is no archive at ${url}`
      : `There is no archive at ${url}, and the event store has ${segments === 1 ? 'a segment' : `${segments} segments`} in its archive`,
    {
      code: 'DEMETRA_ARCHIVE_MISSING',
      exitCode: EXIT.unreachable,
      hints: [ANOTHER, '`demetra status` tells what was archived'],
      context: { archive: url },
    },
  )
}

export function archiveOfOtherStore(url: string, archiveStoreId: string, storeId: string): DemetraError {
  return new DemetraError(
    `The archive ${url} belongs to another event store: to ${archiveStoreId}, and this one is ${storeId}`,
    {
      code: 'DEMETRA_ARCHIVE_OF_OTHER_STORE',
      exitCode: EXIT.failed,
      hints: [
        ANOTHER,
        'Where that event store is lost: `demetra restore --catalogue` with a --store that is not there yet goes on with it',
      ],
      context: { archive: url, archiveStoreId, storeId },
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
