import { DemetraError, EXIT } from '../../errors.ts'

/** Exit 2: `--date-format` cannot be used as it is. */
export function formatError(
  format: string,
  code: `DEMETRA_${string}`,
  what: string,
  hint: string,
): DemetraError {
  return new DemetraError(`The date format ${JSON.stringify(format)} ${what}`, {
    code,
    exitCode: EXIT.usage,
    hints: [hint],
    context: { dateFormat: format },
  })
}
