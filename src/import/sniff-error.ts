import { DemetraError, EXIT } from '../errors.ts'

/** Exit 4: the source is there, but cannot be read as what it is. */
export function unknownFormat(name: string, what: string, hints: readonly string[]): DemetraError {
  return new DemetraError(`${name}: ${what}`, {
    code: 'DEMETRA_FORMAT_UNKNOWN',
    exitCode: EXIT.inputMissing,
    hints,
    context: { source: name },
  })
}

/** Exit 2: the flags do not fit each other or the source. */
export function formatUsage(message: string, hints: readonly string[]): DemetraError {
  return new DemetraError(message, { code: 'DEMETRA_FORMAT_USAGE', exitCode: EXIT.usage, hints })
}
