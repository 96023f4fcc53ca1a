import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import type { WhyStep } from '../projection/why.ts'
import { printable } from './text-width.ts'
import { valueText } from './value-text.ts'

/** One event of the life of a row, for people. */
export function whyText({ event, changes, waiting }: WhyStep): string {
  const lines = [`${formatTime(event.createdAt)}  ${printable(event.type)}  ${formatUuid(event.id)}`]
  for (const [name, { before, after }] of Object.entries(changes)) {
    lines.push(`    ${name}: ${valueText(before)} → ${valueText(after)}`)
  }
  if (waiting === null) lines.push('    the row is deleted')
  else if (waiting.length > 0) lines.push(`    waits for ${waiting.join(', ')}`)
  else if (Object.keys(changes).length === 0) lines.push('    changes nothing')
  return lines.join('\n')
}

/** Under --json. */
export function whyJson({ event, changes, waiting }: WhyStep): Record<string, unknown> {
  return {
    id: formatUuid(event.id),
    type: event.type,
    created_at: formatTime(event.createdAt),
    position: event.position,
    // as in the rows of a report: what is not set is null
    changes: Object.fromEntries(
      Object.entries(changes).map(([name, { before, after }]) => [
        name,
        { before: before ?? null, after: after ?? null },
      ]),
    ),
    waiting,
  }
}
