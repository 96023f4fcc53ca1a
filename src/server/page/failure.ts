import { DemetraError } from '../../errors.ts'
import { redactSecrets } from '../../text/redact.ts'

/** What went wrong, as it may be shown to whoever may see the page. */
export interface Failure {
  message: string
  /** Commands stand in backticks. */
  hints: readonly string[]
}

export function toFailure(error: unknown): Failure {
  const message = redactSecrets(error instanceof Error ? error.message : String(error))
  return { message, hints: error instanceof DemetraError ? error.hints.map(redactSecrets) : [] }
}
