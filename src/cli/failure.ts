import { stripVTControlCharacters } from 'node:util'
import { DemetraError, EXIT, type ExitCode } from '../errors.ts'
import { redactSecrets } from '../text/redact.ts'

/** What a failed run tells, in either mode; nothing else of an error is ever shown. */
export interface Failure {
  code: string
  message: string
  hints: string[]
  context: Record<string, string | number | boolean | null>
  exitCode: number
  /** Only of a bug in Demetra. */
  stack?: string
}

/** System errors whose cause lies with the machine, not with Demetra. */
const SYSTEM_ERRORS: Readonly<Record<string, { code: string; message: string; exitCode: ExitCode }>> = {
  ENOSPC: { code: 'DEMETRA_DISK_FULL', message: 'The disk is full', exitCode: EXIT.temporary },
  EDQUOT: { code: 'DEMETRA_DISK_FULL', message: 'The disk quota is used up', exitCode: EXIT.temporary },
  EROFS: { code: 'DEMETRA_READ_ONLY', message: 'The file system is read-only', exitCode: EXIT.failed },
  EMFILE: { code: 'DEMETRA_TOO_MANY_FILES', message: 'Too many open files', exitCode: EXIT.temporary },
  EACCES: { code: 'DEMETRA_NOT_ALLOWED', message: 'Permission denied', exitCode: EXIT.inputMissing },
  EPERM: { code: 'DEMETRA_NOT_ALLOWED', message: 'Operation not permitted', exitCode: EXIT.inputMissing },
}

/** Turns whatever was thrown into what may be told of it. Unknown errors are bugs. */
export function toFailure(thrown: unknown, command?: string): Failure {
  const failure = classify(thrown, command)
  return {
    ...failure,
    message: redactSecrets(failure.message),
    hints: failure.hints.map(redactSecrets),
    context: Object.fromEntries(
      Object.entries(failure.context).map(([key, value]) => [
        key,
        typeof value === 'string' ? redactSecrets(value) : value,
      ]),
    ),
    ...(failure.stack === undefined ? {} : { stack: redactSecrets(failure.stack) }),
  }
}

function classify(thrown: unknown, command: string | undefined): Failure {
  if (isDemetraError(thrown)) {
    const { code, message, hints, context, exitCode } = thrown
    return { code, message, hints: [...hints], context: { ...context }, exitCode }
  }
  const usage = usageMessage(thrown)
  if (usage !== null) {
    return {
      code: 'DEMETRA_USAGE',
      message: usage,
      hints: [
        `\`demetra ${command === undefined ? 'help' : `${command.replaceAll(':', ' ')} --help`}\` tells how it is used`,
      ],
      context: {},
      exitCode: EXIT.usage,
    }
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const system = SYSTEM_ERRORS[(error as NodeJS.ErrnoException).code ?? '']
  if (system !== undefined) {
    const path = (error as NodeJS.ErrnoException).path
    return {
      code: system.code,
      message: path === undefined ? `${system.message} (${error.message})` : `${system.message}: ${path}`,
      hints: [],
      context: path === undefined ? {} : { file: path },
      exitCode: system.exitCode,
    }
  }
  return {
    code: 'DEMETRA_BUG',
    message: `${error.name}: ${error.message}`,
    hints: ['this is a bug in Demetra: please report it, with the command and the lines above'],
    context: {},
    exitCode: EXIT.bug,
    stack: error.stack ?? String(error),
  }
}

/** By its shape: a user's file may have loaded another copy of the class. */
function isDemetraError(thrown: unknown): thrown is DemetraError {
  return (
    thrown instanceof DemetraError ||
    (thrown instanceof Error && thrown.name === 'DemetraError' && 'exitCode' in thrown && 'hints' in thrown)
  )
}

/** The message of an error that oclif throws when flags or arguments are wrong, as one line; null for any other. */
function usageMessage(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('oclif' in thrown)) return null
  const [message = ''] = stripVTControlCharacters(thrown.message).split(/\nSee more help with|\n\nNote: /u)
  return message
    .replace(/^The following errors? occurred:/u, '')
    .replace(/^(Parsing --\S+)\s*\n/u, '$1: ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
}
