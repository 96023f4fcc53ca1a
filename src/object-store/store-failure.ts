import { DemetraError, type DemetraErrorOptions, type ExitCode } from '../errors.ts'

/** What went wrong with an object store as a whole, for the user. */
export interface StoreFailure {
  code: `DEMETRA_${string}`
  exitCode: ExitCode
  what: string
  hint: string
}

export const GO_ON = 'then run the same command again: it goes on where it stopped'

/** `reason`: what the file system or the server said. */
export function storeFailed(
  { code, exitCode, what, hint }: StoreFailure,
  store: string,
  reason: string,
  cause: Error,
  context: DemetraErrorOptions['context'],
): DemetraError {
  return new DemetraError(`The object store ${store} ${what} (${reason})`, {
    code,
    exitCode,
    hints: [hint],
    context: { store, ...context },
    cause,
  })
}
