import { DemetraError, EXIT } from '../errors.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { failureText } from './failure-text.ts'
import { toFailure } from './failure.ts'
import { toJsonText } from './json.ts'

/** Tells that there is no such command and which one was probably meant; exit 2 in both modes. */
export function unknownCommand(argv: readonly string[], names: readonly string[]): void {
  const word = argv[0] ?? ''
  const json = argv.includes('--json')
  const isFlag = word.startsWith('-')
  const { exitCode, ...error } = toFailure(
    new DemetraError(
      isFlag
        ? `The command comes first, before ${word.split('=', 1)[0]}`
        : `There is no command '${word}'${didYouMean(word, names)}`,
      {
        code: 'DEMETRA_USAGE',
        exitCode: EXIT.usage,
        hints: ['`demetra help` lists the commands'],
      },
    ),
  )
  process.exitCode = exitCode
  if (json) process.stdout.write(toJsonText({ status: exitCode, error, warnings: [] }))
  else process.stderr.write(failureText({ exitCode, ...error }))
}
