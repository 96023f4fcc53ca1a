import { DemetraError, EXIT } from '../errors.ts'
import type { RunProgress } from '../projection/run-types.ts'

/** How much of its part of the log a run has read, from 0 to 1. */
export function shareRead({ from, position, target }: RunProgress): number {
  return target > from ? Number(position - from) / Number(target - from) : 1
}

/** Both of names and --all were given, or neither. `names`: those that there are. */
export function whichProjections(message: string, names: readonly string[]): DemetraError {
  return new DemetraError(message, {
    code: 'DEMETRA_USAGE',
    exitCode: EXIT.usage,
    hints: [
      names.length > 0
        ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
        : 'there is none under projections/; `demetra init` makes an example',
    ],
  })
}
