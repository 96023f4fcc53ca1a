import { DemetraError, EXIT, type ExitCode } from '../errors.ts'

type Failure = [code: `DEMETRA_${string}`, exitCode: ExitCode, what: string]

/** By SQLite's primary result code. */
const FAILURES: Readonly<Record<number, Failure>> = {
  5: ['DEMETRA_REPORT_STORE_BUSY', EXIT.temporary, 'is in use by another program'],
  6: ['DEMETRA_REPORT_STORE_BUSY', EXIT.temporary, 'is in use by another program'],
  8: ['DEMETRA_REPORT_STORE_READ_ONLY', EXIT.failed, 'cannot be written'],
  10: ['DEMETRA_REPORT_STORE_UNREACHABLE', EXIT.unreachable, 'cannot be read or written'],
  11: ['DEMETRA_REPORT_STORE_DAMAGED', EXIT.failed, 'is damaged'],
  13: ['DEMETRA_REPORT_STORE_FULL', EXIT.temporary, 'has no room left on its disk'],
  14: ['DEMETRA_REPORT_STORE_UNREACHABLE', EXIT.unreachable, 'cannot be opened'],
  26: ['DEMETRA_REPORT_STORE_NOT_SQLITE', EXIT.failed, 'is not a SQLite database'],
}

/** An error of the driver as one for people; any other comes back as it is. */
export function explained(error: unknown, url: string): unknown {
  const { errcode, message } = (error ?? {}) as { errcode?: unknown; message?: unknown }
  if (error instanceof DemetraError || typeof errcode !== 'number') return error
  const [code, exitCode, what] = FAILURES[errcode & 0xff] ?? [
    'DEMETRA_REPORT_STORE_FAILED',
    EXIT.failed,
    'failed',
  ]
  return new DemetraError(`The report store ${url} ${what} (${String(message)})`, {
    code,
    exitCode,
    context: { store: url },
    cause: error,
  })
}
