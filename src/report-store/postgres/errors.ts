import { DemetraError, EXIT, type ExitCode } from '../../errors.ts'
import { redactSecrets } from '../../text/redact.ts'

/** What the driver throws: the server's errors carry a SQLSTATE, the network's a name of the system. */
interface DriverError extends Error {
  code?: string
  errors?: Error[]
}

interface Failure {
  code: `DEMETRA_${string}`
  exitCode: ExitCode
  what: string
  hint?: string
}

const GO_ON = 'Run the same command again: it goes on where it stopped'
const LOGIN: Failure = {
  code: 'DEMETRA_REPORT_STORE_LOGIN',
  exitCode: EXIT.failed,
  what: 'does not accept the user or the password',
  hint: 'See user and password in the URL: `postgres://USER:PASSWORD@HOST/DATABASE`; PGPASSWORD and ~/.pgpass work too',
}
const UNREACHABLE: Failure = {
  code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
  exitCode: EXIT.unreachable,
  what: 'cannot be reached',
  hint: `See whether the server runs and can be reached from here. ${GO_ON}`,
}
const DOWN: Failure = { ...UNREACHABLE, exitCode: EXIT.temporary, what: 'shuts down or starts', hint: GO_ON }
const BUSY: Failure = {
  code: 'DEMETRA_REPORT_STORE_BUSY',
  exitCode: EXIT.temporary,
  what: 'is busy',
  hint: GO_ON,
}

const VALUE: Failure = {
  code: 'DEMETRA_REPORT_VALUE',
  exitCode: EXIT.failed,
  what: 'cannot hold a value',
}

/** By SQLSTATE, or by the first two characters of it, which are its class. */
const FAILURES: Readonly<Record<string, Failure>> = {
  '08': UNREACHABLE,
  '22': VALUE,
  '23': VALUE,
  '25006': {
    code: 'DEMETRA_REPORT_STORE_READ_ONLY',
    exitCode: EXIT.failed,
    what: 'cannot be written: it is read-only, as a standby is',
    hint: 'Name the primary in the URL',
  },
  '28': LOGIN,
  '3D000': {
    code: 'DEMETRA_REPORT_STORE_MISSING',
    exitCode: EXIT.failed,
    what: 'has no such database',
    hint: 'Make it: `createdb DATABASE`, or CREATE DATABASE in psql',
  },
  '3F000': {
    code: 'DEMETRA_REPORT_STORE_MISSING',
    exitCode: EXIT.failed,
    what: 'has no schema for tables',
    hint: "Make one of the user's search_path, as CREATE SCHEMA in psql does",
  },
  '40': BUSY,
  '42501': {
    code: 'DEMETRA_REPORT_STORE_RIGHTS',
    exitCode: EXIT.failed,
    what: 'does not give its user the rights that are needed',
    hint: 'The owner of the database grants them: GRANT USAGE, CREATE ON SCHEMA public TO user; tables and views belong to the user that made them',
  },
  '53300': {
    ...BUSY,
    what: 'has no connection left',
    hint: `Others use all that it gives (max_connections, or the limit of its user). ${GO_ON}`,
  },
  '53100': {
    code: 'DEMETRA_REPORT_STORE_FULL',
    exitCode: EXIT.temporary,
    what: 'has no room left on its disk',
    hint: `Make room on the server. ${GO_ON}`,
  },
  '53': BUSY,
  '54': { ...VALUE, hint: 'A value of a key or of an index has at most about 2,700 bytes' },
  '55P03': BUSY,
  '57014': BUSY,
  '57P': DOWN,
  '57P04': { ...UNREACHABLE, what: 'has lost its database' },
  '25P03': BUSY,
}

const NETWORK =
  /^(?:ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EACCES|ENOENT)/u
const LOST = /^(?:Connection terminated|timeout exceeded when trying to connect|Client (?:was closed|has))/u

/** The connection was lost, or none was to be had: what has become of the work nobody knows. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DemetraError) return false
  const { code = '', message } = error as DriverError
  return NETWORK.test(code) || /^(?:08|57P0[123])/u.test(code) || LOST.test(message)
}

/** Waited for in vain already; a second time would be as long. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/u.test(error.message)
}

/** The server has undone the work for the sake of another's; done again it may succeed. */
export function isUndone(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error))
}

/** Somebody holds a lock that was wanted. */
export function isLocked(error: unknown): boolean {
  return ['55P03', '40P01'].includes(sqlState(error))
}

export function sqlState(error: unknown): string {
  return error instanceof Error ? ((error as DriverError).code ?? '') : ''
}

/** An error of the driver as one for people; any other comes back as it is. `url`: secrets left out. */
export function explained(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof DemetraError) return thrown
  const error = thrown as DriverError
  const failure = failureOf(error)
  if (failure === null) return error
  // of several addresses each has failed; the first says enough
  const message = redactSecrets(error.message || (error.errors?.[0]?.message ?? error.name))
  return new DemetraError(`The report store ${url} ${failure.what} (${message})`, {
    code: failure.code,
    exitCode: failure.exitCode,
    hints: failure.hint === undefined ? [] : [failure.hint],
    context: { store: url, sqlState: /^[0-9A-Z]{5}$/u.test(error.code ?? '') ? (error.code ?? null) : null },
    cause: error,
  })
}

function failureOf(error: DriverError): Failure | null {
  const { code = '', message } = error
  if (/^SASL|password must be a string|no password/iu.test(message)) return LOGIN
  for (const part of [code, code.slice(0, 3), code.slice(0, 2)]) {
    const failure = FAILURES[part]
    if (failure !== undefined && !NETWORK.test(code)) return failure
  }
  if (isLost(error)) return UNREACHABLE
  if (!/^[0-9A-Z]{5}$/u.test(code) && !/SSL|certificate|TLS/u.test(message + code)) return null
  return { code: 'DEMETRA_REPORT_STORE_FAILED', exitCode: EXIT.failed, what: 'failed' }
}
