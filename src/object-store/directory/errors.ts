import { DemetraError, EXIT } from '../../errors.ts'
import { GO_ON, storeFailed, type StoreFailure } from '../store-failure.ts'

const RIGHTS: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_RIGHTS',
  exitCode: EXIT.failed,
  what: 'does not let you do that',
  hint: 'Give the user that Demetra runs as the right to read and write in that folder, ' + GO_ON,
}
const FULL: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_FULL',
  exitCode: EXIT.temporary,
  what: 'has no room left on its disk; everything that was reported as archived is there, whole',
  hint: 'Make room on the disk, ' + GO_ON,
}
const NO_FOLDER: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_NO_FOLDER',
  exitCode: EXIT.failed,
  what: 'is no folder',
  hint: 'Name a folder, which is made if it is not there: `--archive file:DIR`',
}
const UNREACHABLE: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_UNREACHABLE',
  exitCode: EXIT.unreachable,
  what: 'cannot be reached',
  hint: 'See whether its disk is there and whole, ' + GO_ON,
}
const NO_LINKS: StoreFailure = {
  code: 'DEMETRA_ARCHIVE_NO_LINKS',
  exitCode: EXIT.failed,
  what: 'lies on a file system without hard links, which keep one object from replacing another',
  hint: 'Name a folder on another file system, or a bucket: `--archive s3://BUCKET/PREFIX`',
}

const FAILURES: Readonly<Record<string, StoreFailure>> = {
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: { ...RIGHTS, code: 'DEMETRA_ARCHIVE_READ_ONLY', what: 'lies on a file system that is read-only' },
  ENOSPC: FULL,
  EDQUOT: {
    ...FULL,
    what: 'has used up its quota; everything that was reported as archived is there, whole',
  },
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  EIO: UNREACHABLE,
  ENODEV: UNREACHABLE,
  ENXIO: UNREACHABLE,
  ESTALE: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  ENOTCONN: UNREACHABLE,
}
const NO_LINK_CODES = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** What a failure of the file system means for the user; anything else comes back as it is. */
export function explained(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof DemetraError) return thrown
  const { code = '', syscall, path } = thrown as NodeJS.ErrnoException
  const failure = syscall === 'link' && NO_LINK_CODES.has(code) ? NO_LINKS : FAILURES[code]
  if (failure === undefined) return thrown
  return storeFailed(failure, url, thrown.message, thrown, { path: path ?? null })
}
