import { DemetraError } from '../errors.ts'

/** The error with the source that it is about, where it does not say so: one of many that a glob found. */
export function withSource(error: unknown, source: string): unknown {
  if (!(error instanceof DemetraError) || error.context['source'] !== undefined) return error
  const { message, code, exitCode, hints, context, cause } = error
  return new DemetraError(message, {
    code: code as `DEMETRA_${string}`,
    exitCode,
    hints,
    context: { source, ...context },
    cause,
  })
}
