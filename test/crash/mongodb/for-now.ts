import { DemetraError, EXIT } from '../../../src/errors.ts'

/** The same call may succeed later: the server is away, or its clock is wrong. */
export function isForNow(error: unknown): error is DemetraError {
  if (!(error instanceof DemetraError)) return false
  return error.exitCode === EXIT.temporary || error.exitCode === EXIT.unreachable
}
