import { failureText } from './failure-text.ts'
import { toFailure } from './failure.ts'
import { writeStderr } from './stderr.ts'

/** Thrown out of a write when the reader of standard output is gone (`| head`): a quiet end, not a failure. */
export class StdoutClosed extends Error {
  override readonly name = 'StdoutClosed'
}

/** `failed`: it cannot be written to (a full disk), which has been told already and is the exit code of the run. */
let state: 'open' | 'closed' | 'failed' = 'open'

// oclif's own listener lets any other error than a closed pipe crash the process
process.stdout.removeAllListeners('error')
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (state !== 'open') return
  state = error.code === 'EPIPE' ? 'closed' : 'failed'
  if (state === 'closed') return
  const failure = toFailure(error)
  writeStderr(failureText({ ...failure, message: `Cannot write the result: ${failure.message}` }))
  process.exitCode = failure.exitCode
})

/** The result could not be written; the exit code is set. */
export function stdoutFailed(): boolean {
  return state === 'failed'
}

/** Resolves when nothing can be written any more. */
export function stdoutGone(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('error', () => resolve()))
}

/** Writes to standard output and waits until it takes more, so that memory stays bounded. */
export async function writeStdout(chunk: string | Uint8Array): Promise<void> {
  if (state !== 'open') throw new StdoutClosed()
  if (process.stdout.write(chunk)) return
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      process.stdout.off('drain', onDrain)
      process.stdout.off('close', onClose)
      process.stdout.off('error', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = (): void => settle()
    const onClose = (): void => settle(new StdoutClosed())
    process.stdout.on('drain', onDrain)
    process.stdout.on('close', onClose)
    process.stdout.on('error', onClose)
  })
}
