import { DemetraError, EXIT } from '../errors.ts'

/** It has ended, or has run out. */
export function backfillOver(number: number): DemetraError {
  return new DemetraError(
    `Backfill ${number} has run out: readers may have moved on, so nothing more can be put below them under its number`,
    {
      code: 'DEMETRA_BACKFILL_OVER',
      exitCode: EXIT.temporary,
      hints: ['Run the same import again: it goes on where it stopped'],
      context: { backfill: number },
    },
  )
}

/** `names`: of the reports that have read there. */
export function belowReaders(names: string[]): DemetraError {
  const reports = [...new Set(names)].toSorted()
  const plural = reports.length === 1 ? 'the report' : 'the reports'
  return new DemetraError(
    `These events belong below where ${plural} ${reports.join(', ')} ${reports.length === 1 ? 'has' : 'have'} read already`,
    {
      code: 'DEMETRA_BACKFILL_BELOW_READERS',
      exitCode: EXIT.failed,
      hints: [
        '`--position received` puts the events at the end of the log instead',
        '`--position created --stale-reports` puts them where they happened and marks those reports as in need of a replay',
      ],
      context: { reports: reports.join(', ') },
    },
  )
}
