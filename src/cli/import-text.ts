import type { ImportResult } from '../import/result.ts'
import { shellWord } from '../text/shell-word.ts'
import { bytesText, countText, durationText, numberText } from './numbers.ts'
import { printable } from './text-width.ts'

/** What an import did, for people. */
export function importText(result: ImportResult, interrupted: boolean): string {
  const { source, records, events, seconds, eventsPerSecond, bytes } = result
  const lines = [
    `${source}: ${countText(events, 'event')} from ${countText(records, 'record')} ` +
      `(${bytesText(bytes)}) in ${durationText(seconds)}, ${numberText(eventsPerSecond)} events/s`,
  ]
  const counts: [number, string][] = [
    [result.written, 'written'],
    [result.duplicates, 'stored before (duplicates)'],
    [result.conflicts, 'in conflict with a stored event of the same id'],
    [result.skipped, 'found stored by the run that was interrupted'],
    [result.unsettled, 'sent, outcome unknown'],
    [result.rejected, result.rejectsFile === null ? 'rejected' : `rejected, see ${result.rejectsFile}`],
    [result.ignored, 'ignored by the map file'],
    [result.identical, 'equal to an earlier record, each kept as an event of its own'],
  ]
  const shown = counts.filter(([count], i) => count > 0 || i === 0)
  const width = Math.max(...shown.map(([count]) => numberText(count).length))
  for (const [count, what] of shown) lines.push(`  ${numberText(count).padStart(width)}  ${what}`)
  for (const { id, line, byteOffset } of result.conflictSamples) {
    lines.push(
      `    conflict: ${id} on line ${line}, byte ${byteOffset}; \`demetra show ${id}\` shows what is stored`,
    )
  }
  for (const { line, byteOffset, code, message } of result.rejectSamples) {
    lines.push(`    ${code} on line ${line}, byte ${byteOffset}: ${printable(message)}`)
  }
  if (result.rejectSamples.length > 0 && result.rejected > result.rejectSamples.length) {
    lines.push(`    and ${numberText(result.rejected - result.rejectSamples.length)} more rejects`)
  }
  if (result.total !== null) {
    const { total } = result
    lines.push(
      `  In all runs of this import: ${countText(total.events, 'event')}, ${numberText(total.written)} written, ` +
        `${numberText(total.duplicates)} duplicates, ${numberText(total.conflicts)} conflicts, ${numberText(total.rejected)} rejected`,
    )
  }
  if (!interrupted && result.rejected > 0 && result.rejectsFile !== null) {
    lines.push(`Repair the field "raw" in it, then: demetra import ${shellWord(result.rejectsFile)}`)
  }
  return lines.join('\n')
}
