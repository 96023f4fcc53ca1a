import { accessSync, constants } from 'node:fs'
import { DemetraError, EXIT } from '../../errors.ts'
import { makeFolder } from './sync-folder.ts'

/** A spool that cannot be written is found when a service starts, not when its events have nowhere else to go. */
export function prepareSpool(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new DemetraError(`The spool ${folder} cannot be used: ${(cause as Error).message}`, {
      code: 'DEMETRA_SPOOL_UNWRITABLE',
      exitCode: EXIT.failed,
      hints: [`\`mkdir -p ${folder}\` as the user of this process, on a local disk`],
      context: { folder },
      cause,
    })
  }
}
