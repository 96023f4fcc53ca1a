import { DemetraError, EXIT } from '../errors.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { failureText } from './failure-text.ts'
import { toFailure, type Failure } from './failure.ts'
import { toJsonText } from './json.ts'
import { writeStderr } from './stderr.ts'

/** How a failed run ends: its document or its text, and its exit code. */
export function tellFailure(
  failure: Failure,
  {
    json,
    partial,
    warnings = [],
  }: { json: boolean; partial?: object | undefined; warnings?: readonly string[] },
): void {
  const { exitCode, ...error } = failure
  process.exitCode = exitCode
  if (!json) {
    writeStderr(failureText(failure))
    return
  }
  const result = partial === undefined ? {} : { result: partial }
  process.stdout.write(toJsonText({ status: exitCode, error, ...result, warnings }))
}

/** Whatever was thrown before a command could tell it itself. */
export function tellThrown(thrown: unknown, argv: readonly string[]): void {
  tellFailure(toFailure(thrown), { json: argv.includes('--json') })
}

/** There is no such command; which one was probably meant. */
export function unknownCommand(word: string, names: readonly string[]): DemetraError {
  const message = word.startsWith('-')
    ? `The command comes first, before ${word.split('=', 1)[0]}`
    : `There is no command '${word}'${didYouMean(word, names)}`
  const isTopic = names.some((name) => name.startsWith(`${word} `))
  return new DemetraError(message, {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: [
      isTopic
        ? `\`demetra help ${word}\` lists the commands that begin so`
        : '`demetra help` lists the commands',
    ],
  })
}
