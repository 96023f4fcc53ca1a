import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DemetraError, EXIT } from '../errors.ts'
import { redactSecrets } from '../text/redact.ts'
import type { ErrorJson } from './event-schema.ts'
import type { ServerLog } from './server-log.ts'

export interface HttpErrorOptions {
  hints?: readonly string[]
  issues?: readonly { path: string; message: string }[]
  retryAfterSeconds?: number
}

/** A request that is answered with an error; nothing else of an error is ever told. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: `DEMETRA_${string}`
  readonly hints: readonly string[]
  readonly issues: HttpErrorOptions['issues']
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, code: `DEMETRA_${string}`, message: string, options: HttpErrorOptions = {}) {
    super(message)
    this.status = status
    this.code = code
    this.hints = options.hints ?? []
    this.issues = options.issues
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  /** The `error` of an answer. */
  toJson(): ErrorJson {
    const { code, message, hints, issues } = this
    return { code, message, hints: [...hints], ...(issues === undefined ? {} : { issues: [...issues] }) }
  }
}

/** How long anybody may wait before he tries again what the store could not do. */
export const RETRY_AFTER_SECONDS = 1

/** Whatever was thrown while a request was served, as it is told to the client. */
export function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown
  if (thrown instanceof DemetraError) return storeFailure(thrown)
  const { statusCode = 500, message } = thrown as Partial<FastifyError>
  if (statusCode >= 400 && statusCode < 500) {
    return new HttpError(statusCode, 'DEMETRA_REQUEST', String(message))
  }
  return new HttpError(500, 'DEMETRA_BUG', 'A bug in Demetra: the log of the server tells it')
}

function storeFailure({ exitCode, message, code, hints }: DemetraError): HttpError {
  const temporary = ([EXIT.temporary, EXIT.unreachable, EXIT.locked] as number[]).includes(exitCode)
  return new HttpError(temporary ? 503 : 500, code as `DEMETRA_${string}`, redactSecrets(message), {
    hints: hints.map(redactSecrets),
    ...(temporary ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
  })
}

/** Tells a request's failure; what is no fault of the client goes to the log as well. */
export function answerError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: ServerLog,
): FastifyReply {
  const error = toHttpError(thrown)
  if (error.status >= 500) {
    const stack = error.code === 'DEMETRA_BUG' && thrown instanceof Error ? { stack: thrown.stack } : {}
    log.error(error.message, { request: request.id, code: error.code, ...stack })
  }
  if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', error.retryAfterSeconds)
  return reply.code(error.status).send({ status: error.status, error: error.toJson() })
}
