import { DemetraError, EXIT, type ExitCode } from '../errors.ts'

type Failure = [code: `DEMETRA_${string}`, exitCode: ExitCode, what: string, hint?: string]

const GO_ON = 'run the same command again: it goes on where it stopped'
const BUSY: Failure = [
  'DEMETRA_REPORT_STORE_BUSY',
  EXIT.temporary,
  'is in use by another program',
  `When that is done, ${GO_ON}`,
]
/** By SQLite's primary result code. */
const FAILURES: Readonly<Record<number, Failure>> = {
  5: BUSY,
  6: BUSY,
  8: [
    'DEMETRA_REPORT_STORE_READ_ONLY',
    EXIT.failed,
    'cannot be written',
    'Check the permissions of the file and of the folder it is in',
  ],
  10: [
    'DEMETRA_REPORT_STORE_UNREACHABLE',
    EXIT.unreachable,
    'cannot be read or written',
    `Check the disk, then ${GO_ON}`,
  ],
  11: [
    'DEMETRA_REPORT_STORE_DAMAGED',
    EXIT.failed,
    'is damaged',
    'Move the file away; `demetra replay --all` makes all reports anew',
  ],
  13: [
    'DEMETRA_REPORT_STORE_FULL',
    EXIT.temporary,
    'has no room left on its disk',
    `Make room on the disk, then ${GO_ON}`,
  ],
  14: [
    'DEMETRA_REPORT_STORE_UNREACHABLE',
    EXIT.unreachable,
    'cannot be opened',
    'Check that its folder exists and that you may read and write it',
  ],
  26: [
    'DEMETRA_REPORT_STORE_NOT_SQLITE',
    EXIT.failed,
    'is not a SQLite database',
    'Name another file with `--reports sqlite:PATH`; one that does not exist yet is created',
  ],
}
const SQL_ERROR = 1

/** A table or column that a statement names is not there. */
export function isTableTrouble(error: unknown): error is Error {
  if (!(error instanceof Error) || (error as { errcode?: unknown }).errcode !== SQL_ERROR) return false
  return /^no such (?:table|column)|has no column named/u.test(error.message)
}

/** An error of the driver as one for people; any other comes back as it is. */
export function explained(error: unknown, url: string): unknown {
  const { errcode, message } = (error ?? {}) as { errcode?: unknown; message?: unknown }
  if (error instanceof DemetraError || typeof errcode !== 'number') return error
  const [code, exitCode, what, hint] = FAILURES[errcode & 0xff] ?? [
    'DEMETRA_REPORT_STORE_FAILED',
    EXIT.failed,
    'failed',
  ]
  return new DemetraError(`The report store ${url} ${what} (${String(message)})`, {
    code,
    exitCode,
    hints: hint === undefined ? [] : [hint],
    context: { store: url },
    cause: error,
  })
}
