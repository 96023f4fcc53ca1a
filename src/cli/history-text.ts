import type { StoredEvent } from '../event/event.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import { countText, durationText } from './numbers.ts'
import { printable } from './text-width.ts'

/** A time line for people: when, how long after the event before, what, which. */
export function historyText(
  id: string,
  of: string,
  events: readonly StoredEvent[],
  payloads: boolean,
): string {
  const what = of === 'both' ? 'aggregate and correlation' : of
  const typeWidth = Math.max(...events.map((event) => event.type.length))
  let text = `${printable(id)} (${what}): ${countText(events.length, 'event')}\n\n`
  let before: StoredEvent | undefined
  for (const event of events) {
    const gap = before === undefined ? '' : gapText(event.createdAt - before.createdAt)
    const where = of === 'aggregate' ? '' : `  ${printable(event.aggregateId)}`
    text += `${formatTime(event.createdAt)}  ${gap.padStart(13)}  ${printable(event.type).padEnd(typeWidth)}  ${formatUuid(event.id)}${where}\n`
    if (payloads) text += `${' '.repeat(24)}  ${printable(event.payload)}\n`
    before = event
  }
  return text
}

function gapText(ms: number): string {
  if (ms === 0) return ''
  const sign = ms < 0 ? '-' : '+'
  const seconds = Math.abs(ms) / 1000
  return seconds >= 172_800 ? `${sign}${Math.floor(seconds / 86_400)} days` : sign + durationText(seconds)
}
