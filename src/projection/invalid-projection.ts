import { DemetraError, EXIT } from '../errors.ts'

/** A mistake in a projection's definition; the loader adds which file it stands in. */
export function invalidProjection(message: string, hints: readonly string[] = []): DemetraError {
  return new DemetraError(`A projection cannot be used: ${message}`, {
    code: 'DEMETRA_PROJECTION_DEFINITION',
    exitCode: EXIT.failed,
    hints,
  })
}
