import { DemetraError, EXIT } from '../errors.ts'
import type { SegmentState } from './catalogue.ts'

/** The lease under which something of the archive was to be changed was released, or taken over. */
export function archiveFenced(): DemetraError {
  return new DemetraError('The archive of this store has been taken over by another run in the meantime', {
    code: 'DEMETRA_ARCHIVE_FENCED',
    exitCode: EXIT.locked,
    hints: ['`demetra status` shows who is at it', 'Run the same command again: it goes on where it stopped'],
  })
}

/** `found`: null where there is no such segment. */
export function wrongSegmentState(number: number, found: SegmentState | null, wanted: string): DemetraError {
  return new DemetraError(
    `Segment ${number} is ${found ?? 'not in the catalogue'}; to be ${wanted} it has to be in another state`,
    {
      code: 'DEMETRA_SEGMENT_STATE',
      exitCode: EXIT.failed,
      hints: ['`demetra verify` tells what store and archive hold'],
      context: { segment: number, state: found },
    },
  )
}

export function segmentDiffers(number: number): DemetraError {
  return new DemetraError(`Segment ${number} is in the catalogue already, with other content`, {
    code: 'DEMETRA_SEGMENT_DIFFERS',
    exitCode: EXIT.failed,
    hints: ['`demetra verify` tells what store and archive hold'],
    context: { segment: number },
  })
}
