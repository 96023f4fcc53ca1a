import type { RunResult } from '../projection/run.ts'
import { countText, durationText } from './numbers.ts'

/** What a run of a projection did, in a line or two for people. */
export function projectionText(result: RunResult): string {
  const { name, heldBy, events, rowsWritten, shown, waiting, seconds } = result
  if (heldBy !== undefined) {
    return `${name}: another run is at it (${heldBy.owner}, at most until ${new Date(heldBy.expiresAt).toISOString()}); nothing done`
  }
  const did =
    events === 0 && rowsWritten === 0
      ? 'up to date'
      : `${countText(events, 'event')} read, ${countText(rowsWritten, 'row')} written in ${durationText(seconds)}`
  const waits = Object.entries(waiting)
    .filter(([, rows]) => rows > 0)
    .map(([column, rows]) => `${countText(rows, 'row')} ${rows === 1 ? 'waits' : 'wait'} for ${column}`)
  return [`${name}: ${did}`, `${countText(shown, 'row')} shown`, ...waits].join(', ')
}
