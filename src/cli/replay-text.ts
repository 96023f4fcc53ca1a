import type { ReportDiff } from '../projection/replay-diff.ts'
import type { ReplayResult } from '../projection/replay.ts'
import { countText, durationText, numberText } from './numbers.ts'
import { valueText } from './value-text.ts'

/** What a replay did, for people. */
export function replayText(result: ReplayResult): string {
  const { name, generation, before, events, shown, seconds, diff } = result
  const rate = seconds > 0 ? `, ${numberText(Math.round(events / seconds))} events/s` : ''
  const lines = [
    `${name}: generation ${generation} filled from ${countText(events, 'event')} in ${durationText(seconds)}${rate}, ` +
      `${countText(shown, 'row')} shown`,
  ]
  for (const [column, rows] of Object.entries(result.waiting)) {
    lines.push(`  ${countText(rows, 'row')} ${rows === 1 ? 'waits' : 'wait'} for ${column}`)
  }
  if (diff !== null) lines.push(...diffLines(diff))
  else if (result.switched) {
    lines.push(
      before === null ? '  It is shown now.' : `  It is shown now, in place of generation ${before}.`,
    )
  }
  if (!result.switched) {
    lines.push(`  Nothing was switched; \`demetra replay ${name}\` does`)
  }
  return lines.join('\n')
}

function diffLines(diff: ReportDiff): string[] {
  const { added, removed, changed, same, changedColumns, newColumns, goneColumns } = diff
  const lines = [
    `  ${countText(added, 'row')} added, ${numberText(removed)} removed, ${numberText(changed)} changed, ${numberText(same)} the same`,
  ]
  const columns = Object.entries(changedColumns).map(([name, rows]) => `${name} in ${numberText(rows)}`)
  if (columns.length > 0) lines.push(`  changed: ${columns.join(', ')}`)
  if (newColumns.length > 0) lines.push(`  new columns: ${newColumns.join(', ')}`)
  if (goneColumns.length > 0) lines.push(`  columns gone: ${goneColumns.join(', ')}`)
  for (const { kind, key, columns: differences } of diff.samples) {
    const sign = { added: '+', removed: '-', changed: '~' }[kind]
    const keyText = Object.entries(key).map(([name, value]) => `${name}=${valueText(value)}`)
    const changes = Object.entries(differences).map(
      ([name, { before, after }]) => `${name} ${valueText(before)} → ${valueText(after)}`,
    )
    lines.push(`    ${sign} ${keyText.join(', ')}${changes.length > 0 ? `: ${changes.join(', ')}` : ''}`)
  }
  const more = added + removed + changed - diff.samples.length
  if (more > 0) lines.push(`    … and ${countText(more, 'more row')}`)
  return lines
}
