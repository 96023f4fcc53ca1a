import { DemetraError, EXIT } from '../../errors.ts'

/** What node:sqlite throws: SQLite's (extended) result code stands in `errcode`. */
interface SqliteFailure extends Error {
  code: 'ERR_SQLITE_ERROR'
  errcode: number
}

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

function primaryCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return null
  const { errcode } = error as SqliteFailure
  // Extended codes keep the primary one in their lowest byte.
  return errcode & 0xff
}

/** Another connection has the file; worth another try. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === SQLITE.busy || code === SQLITE.locked
}

/**
 * Says what a failure of SQLite means for the user; anything else comes back as it is.
 *
 * @param path the store's file
 */
export function storeError(error: unknown, path: string): unknown {
  const code = primaryCode(error)
  const context = { path, sqlite: error instanceof Error ? error.message : String(error) }
  switch (code) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new DemetraError(
        `The event store ${path} is busy: another process has been writing to it all the while`,
        {
          code: 'DEMETRA_STORE_BUSY',
          exitCode: EXIT.temporary,
          hints: ['Run the command again when the other import or archive run is over'],
          context,
          cause: error,
        },
      )
    case SQLITE.full:
      return new DemetraError(
        `The disk of the event store ${path} is full. Everything acknowledged so far is stored; the batch in hand is not, nor any part of it`,
        {
          code: 'DEMETRA_DISK_FULL',
          exitCode: EXIT.temporary,
          hints: ['Make room on the disk, then run the same command again: it goes on where it stopped'],
          context,
          cause: error,
        },
      )
    case SQLITE.readOnly:
      return new DemetraError(
        `The event store ${path} cannot be written to: the file or its folder is read-only`,
        {
          code: 'DEMETRA_STORE_READ_ONLY',
          exitCode: EXIT.failed,
          hints: [`Check the permissions of ${path} and of the folder it is in`],
          context,
          cause: error,
        },
      )
    case SQLITE.cannotOpen:
      return new DemetraError(`The event store ${path} cannot be opened`, {
        code: 'DEMETRA_STORE_UNREACHABLE',
        exitCode: EXIT.unreachable,
        hints: [`Check that the folder of ${path} exists and that you may read and write it`],
        context,
        cause: error,
      })
    case SQLITE.ioError:
      return new DemetraError(`Reading or writing the event store ${path} failed`, {
        code: 'DEMETRA_STORE_IO',
        exitCode: EXIT.unreachable,
        hints: ['Check the disk; everything acknowledged so far is stored'],
        context,
        cause: error,
      })
    case SQLITE.corrupt:
      return new DemetraError(`The event store ${path} is damaged`, {
        code: 'DEMETRA_STORE_DAMAGED',
        exitCode: EXIT.failed,
        hints: [`\`sqlite3 ${path} 'PRAGMA integrity_check'\` says where`],
        context,
        cause: error,
      })
    case SQLITE.notADatabase:
      return notAStore(path, 'it is not an SQLite file', error)
    default:
      return error
  }
}

export function notAStore(path: string, found: string, cause?: unknown): DemetraError {
  return new DemetraError(`${path} is not a Demetra event store: ${found}`, {
    code: 'DEMETRA_NOT_A_STORE',
    exitCode: EXIT.failed,
    hints: ['Name another file with `--store sqlite:PATH`; one that does not exist yet is created'],
    context: { path },
    cause,
  })
}
