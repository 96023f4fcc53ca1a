import { DemetraError, EXIT } from '../errors.ts'
import { formatTime } from '../event/time.ts'
import type { LeaseRefusal } from '../event-store/event-store.ts'

export function archiveLocked({ owner, expiresAt }: LeaseRefusal): DemetraError {
  return new DemetraError(`Another run is at the archive of this store (${owner})`, {
    code: 'DEMETRA_LOCKED',
    exitCode: EXIT.locked,
    hints: [`It gives up its lock when it ends; one that is gone loses it at ${formatTime(expiresAt)}`],
  })
}

export function catalogueBehind(url: string, number: number): DemetraError {
  return new DemetraError(
    `The archive ${url} has a segment ${number} that the event store does not know: ` +
      'the store is older than its archive, as one that was brought back from a backup',
    {
      code: 'DEMETRA_CATALOGUE_BEHIND',
      exitCode: EXIT.failed,
      hints: ['`demetra restore --catalogue` brings catalogue and tombstones up to the archive'],
      context: { archive: url, segment: number },
    },
  )
}

/** What was uploaded did not come back as it was sent. */
export function readBackDiffers(url: string, key: string, what: string): DemetraError {
  return new DemetraError(`The object ${key} of ${url} is not what was written: ${what}`, {
    code: 'DEMETRA_ARCHIVE_OBJECT',
    exitCode: EXIT.failed,
    hints: ['Its events are still in the event store; `demetra verify --deep` says what is whole'],
    context: { store: url, key },
  })
}

const DAMAGES = new Set(['DEMETRA_SEGMENT_DAMAGED', 'DEMETRA_MANIFEST_DAMAGED', 'DEMETRA_ARCHIVE_OBJECT'])

/** Whether an object of the archive is not what was written, or not there; all others may be whole. */
export function isDamage(error: unknown): error is DemetraError {
  return error instanceof DemetraError && DAMAGES.has(error.code)
}
