import { DemetraError, EXIT } from '../../errors.ts'

/** What the driver throws, as far as it is looked at: server errors carry a code, others only a name. */
interface DriverError extends Error {
  code?: number | string
  codeName?: string
  errorLabels?: string[]
}

const MAX_TIME_EXPIRED = 50
/** Server errors after which the same call may succeed: no primary now, shutting down, time-outs, a lost connection. */
const PASSING_CODES = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  43, // CursorNotFound: the server was started again between two parts of an answer
  46, // LockBusy
  MAX_TIME_EXPIRED,
  64, // WriteConcernFailed: wtimeout
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern: members are gone for now
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  237, // CursorKilled
  262, // ExceededTimeLimit
  9001, // SocketException
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
])
const UNAUTHORIZED = 13
const ACCESS_CODES = new Set([UNAUTHORIZED, 18, 8000])
const OUT_OF_DISK = 14031
const BAD_HINT = 2

const isServerError = (error: Error): boolean => error.name === 'MongoServerError'

/** The servers of a `mongodb+srv:` URL are looked up by name; what comes of that is an error of Node, not of the driver. */
const isLookupError = (error: Error): boolean =>
  /^query(?:Srv|Txt)$/u.test((error as NodeJS.ErrnoException).syscall ?? '')

/** The connection was lost, or none was to be had. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (isLookupError(error)) return true
  return /^(?:Mongo(?:Network|ServerSelection|TopologyClosed|WaitQueueTimeout|ServerClosed)|(?:Mongo)?PoolCleared)/u.test(
    error.name,
  )
}

/** Whether the same call may succeed when it is made again; whether this one did something nobody knows. */
export function isPassing(error: unknown): boolean {
  if (isConnectionError(error)) return incompatibility(error as Error) === undefined
  return error instanceof Error && PASSING_CODES.has(Number((error as DriverError).code))
}

/** Said in time by the server: the call is over, and has done part of its work. */
export function isOver(error: unknown): boolean {
  return error instanceof Error && isServerError(error) && !isConnectionError(error)
}

export function isDuplicateKey(error: unknown): boolean {
  return (error as DriverError | null)?.code === 11000
}

/** The driver's error as one for people; what is none of the driver's stays as it is. `url`: secrets left out. */
export function storeError(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof DemetraError) return thrown
  if (!/^(?:Mongo|PoolCleared)/u.test(thrown.name) && !isLookupError(thrown)) return thrown
  const error = thrown as DriverError
  const code = Number(error.code)
  if (ACCESS_CODES.has(code) || /authentication failed/iu.test(error.message)) return noAccess(error, url)
  if (code === OUT_OF_DISK || /no space left on device/iu.test(error.message)) return diskFull(error, url)
  if (code === BAD_HINT && /hint/u.test(error.message)) return indexMissing(error, url)
  const incompatible = incompatibility(error)
  if (incompatible !== undefined) return tooOld(url, incompatible.message)
  if (isPassing(error)) return unreachable(error, url)
  if (/^Mongo(?:Parse|InvalidArgument|API|MissingDependency|Runtime)/u.test(error.name)) {
    return badUrl(url, error.message)
  }
  return new DemetraError(`MongoDB at ${url} refused: ${error.message}`, {
    code: 'DEMETRA_STORE_FAILED',
    exitCode: EXIT.failed,
    context: { serverCode: Number.isNaN(code) ? null : code },
    cause: error,
  })
}

export function badUrl(url: string, why: string): DemetraError {
  return new DemetraError(`Cannot open the event store '${url}': ${why}`, {
    code: 'DEMETRA_STORE_URL',
    exitCode: EXIT.usage,
    hints: ['A store in MongoDB is named so: `--store mongodb://HOST:27017/DATABASE`'],
  })
}

export function tooOld(url: string, found: string): DemetraError {
  return new DemetraError(
    `The MongoDB server at ${url} is too old: ${found}; Demetra needs MongoDB 5.0 or newer`,
    {
      code: 'DEMETRA_STORE_TOO_OLD',
      exitCode: EXIT.failed,
      hints: ['Upgrade the server, or name another: `--store mongodb://HOST:27017/DATABASE`'],
    },
  )
}

/** `member`: of a replica set, that takes no writes. */
export function readOnlyMember(url: string, member: string, primary: string | undefined): DemetraError {
  const where = primary === undefined ? 'no primary is known now' : `the primary is ${primary}`
  return new DemetraError(`${member} is a read-only member of its replica set; ${where}`, {
    code: 'DEMETRA_STORE_READ_ONLY',
    exitCode: EXIT.unreachable,
    hints: [
      'Name the whole set in the URL, and leave directConnection out: `--store mongodb://HOST1,HOST2,HOST3/DATABASE?replicaSet=NAME`',
    ],
    context: { url },
  })
}

export function unreachable(error: Error, url: string): DemetraError {
  return new DemetraError(`The event store ${url} cannot be reached: ${reasonOf(error)}`, {
    code: 'DEMETRA_STORE_UNREACHABLE',
    exitCode: EXIT.unreachable,
    hints: [
      'See whether the server runs (it stops itself where its disk is full), has connections left and can be reached from ' +
        'here, then run the same command again: it goes on where it stopped',
    ],
    cause: error,
  })
}

interface SelectionError {
  reason?: {
    type?: string
    setName?: string | null
    servers?: Map<string, { error?: Error | null; type?: string }>
  }
}

/** A server that the driver cannot speak with counts as one that is not reached, until one looks closer. */
function incompatibility(error: Error): Error | undefined {
  const servers = [...((error as SelectionError).reason?.servers?.values() ?? [])]
  return [error, ...servers.map((server) => server.error)].find(
    (found): found is Error => found?.name === 'MongoCompatibilityError',
  )
}

/** A replica set that is there, but elects. */
export function hasNoPrimary(error: unknown): boolean {
  const { reason } = error as SelectionError
  const servers = [...(reason?.servers?.values() ?? [])]
  return reason?.type === 'ReplicaSetNoPrimary' && servers.some(({ type }) => type?.startsWith('RS'))
}

/** The driver tells only that it waited in vain; why stands with each server. */
function reasonOf(error: Error): string {
  const { reason } = error as SelectionError
  if (reason?.servers === undefined) return error.message
  const servers = [...reason.servers]
  if (servers.length === 0) return `no server of a replica set '${reason.setName ?? ''}' answers there`
  const found = servers.map(([, server]) => server.error?.message).find((message) => message !== undefined)
  if (hasNoPrimary(error)) {
    return `its replica set has no primary now${found === undefined ? '' : ` (${found})`}`
  }
  return found ?? `no answer from ${servers.map(([host]) => host).join(', ')}`
}

function noAccess(error: DriverError, url: string): DemetraError {
  if (Number(error.code) !== UNAUTHORIZED || /requires authentication/u.test(error.message)) {
    const named = /\/\/[^/]*@/u.test(url)
    return new DemetraError(
      named
        ? `MongoDB at ${url} does not accept the user or the password`
        : `MongoDB at ${url} lets nobody in without a user and a password`,
      {
        code: 'DEMETRA_STORE_LOGIN',
        exitCode: EXIT.failed,
        hints: [
          'See user and password in the URL, and authSource: the database that the user was made in, mostly ' +
            '`?authSource=admin`. Special characters of the password stand there as %XX',
        ],
        cause: error,
      },
    )
  }
  const { what, database } = refusalOf(error)
  return new DemetraError(`The user of ${url} has not the rights that are needed: ${what}`, {
    code: 'DEMETRA_STORE_RIGHTS',
    exitCode: EXIT.failed,
    hints: [
      'The role readWrite on the database is enough. In mongosh, as an administrator, in the database that the user was ' +
        `made in: \`db.grantRolesToUser("USER", [{ role: "readWrite", db: ${JSON.stringify(database)} }])\``,
    ],
    cause: error,
  })
}

/** The server's message holds the whole command, however long; which one and on what is what matters. */
function refusalOf({ message }: Error): { what: string; database: string } {
  const [, database = 'DATABASE', verb, collection] =
    /not authorized on (\S+) to execute command \{ (\w+): (?:"([^"]*)")?/u.exec(message) ?? []
  if (verb === undefined) return { what: message.slice(0, 200), database }
  const where = collection === undefined ? `in ${database}` : `${database}.${collection}`
  return { what: `it may not ${verb} ${where}`, database }
}

function diskFull(error: Error, url: string): DemetraError {
  return new DemetraError(`The disk of the MongoDB server at ${url} is full: ${error.message}`, {
    code: 'DEMETRA_STORE_DISK_FULL',
    exitCode: EXIT.temporary,
    hints: [
      'Make room on the server, start mongod where it has stopped itself, then run the same command again: it goes on ' +
        'where it stopped',
    ],
    cause: error,
  })
}

function indexMissing(error: Error, url: string): DemetraError {
  return new DemetraError(`An index of the event store ${url} is missing: ${error.message}`, {
    code: 'DEMETRA_STORE_INDEX',
    exitCode: EXIT.failed,
    hints: ['`demetra setup` creates what is missing'],
    cause: error,
  })
}
