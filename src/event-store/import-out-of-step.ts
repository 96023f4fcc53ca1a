import { DemetraError, EXIT } from '../errors.ts'

/** An append before this one failed, or another run took over: progress must not get ahead of the events. */
export function importOutOfStep(): DemetraError {
  return new DemetraError('The import stands elsewhere than where this batch goes on from', {
    code: 'DEMETRA_IMPORT_OUT_OF_STEP',
    exitCode: EXIT.locked,
    hints: ['Run the same import again: it goes on where it stopped'],
  })
}
