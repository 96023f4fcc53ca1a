import { DemetraError } from '../../errors.ts'

/** What the SDK throws: answers of the server by their name, the network's with a code of the system. */
export interface S3Error extends Error {
  code?: string
  $metadata?: { httpStatusCode?: number }
  $response?: { headers?: Record<string, string> }
  /** The one that the server expects. */
  Region?: string
}

export const statusOf = (error: unknown): number | undefined => (error as S3Error).$metadata?.httpStatusCode
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** There is an object under the key of a create-only upload; or another than the one that was asked for. */
export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412
}

/** The object; of its bucket S3 says something else, but in an answer without a body nothing. */
export function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NoSuchKey'
}

export function isOutOfRange(error: unknown): boolean {
  return statusOf(error) === 416
}

/** The server got other bytes than the SHA-256 was made of. */
export function isWrongDigest(error: unknown): boolean {
  return /^(?:BadDigest|XAmzContent(?:Checksum|SHA256)Mismatch)$/u.test(nameOf(error))
}

/** The SDK got other bytes than were stored. */
export function isChangedBody(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Checksum mismatch')
}

const PASSING_NAMES =
  /^(?:TimeoutError|AbortError|RequestTimeout|RequestTimeTooSkewed|SlowDown|SlowDown(?:Read|Write)|OperationAborted|ConditionalRequestConflict|Throttling.*)$/u
const NETWORK = /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET)/u
const NO_CONNECTION = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/u
const NOT_IMPLEMENTED = 501

/** The body of an answer ended before its end. */
const isCutOff = (error: Error): boolean => error.message.startsWith('Connection lost or stream closed')

/** Nobody answers there: a server that starts, or a wrong address. */
export function isNoConnection(error: unknown): boolean {
  return NO_CONNECTION.test((error as S3Error).code ?? '')
}

/** The same request may succeed when it is made again; what this one did nobody knows. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DemetraError) return false
  const status = statusOf(error) ?? 0
  if (status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED)) return true
  if (isNoConnection(error) || isWrongDigest(error) || isCutOff(error)) return true
  return PASSING_NAMES.test(error.name) || NETWORK.test((error as S3Error).code ?? '')
}
