import { DemetraError, EXIT } from '../errors.ts'

/** Ids are drawn by chance: the next one drawn is another. */
export function tokenExists(id: string): DemetraError {
  return new DemetraError(`There is a token ${id} already, with another secret`, {
    code: 'DEMETRA_TOKEN_EXISTS',
    exitCode: EXIT.failed,
    hints: [
      'Run it again: `demetra token create --service SERVICE`',
      '`demetra token list` shows all tokens',
    ],
    context: { id },
  })
}
