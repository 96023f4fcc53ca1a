import type { StoredEvent } from '../event/event.ts'
import { parseExact, quote, writeExact, type ExactJson } from '../event/exact-json.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import { printable } from './text-width.ts'

/** An event for people: the envelope as a list, the payload below it, indented but otherwise as it came. */
export function eventText(event: StoredEvent): string {
  const lines: [string, string][] = [
    ['id', formatUuid(event.id)],
    ['type', event.type],
    ['service', event.service],
    ['created_at', formatTime(event.createdAt)],
    ['received_at', formatTime(event.receivedAt)],
    ['aggregate_id', event.aggregateId],
  ]
  if (event.correlationId !== null) lines.push(['correlation_id', event.correlationId])
  if (event.metaExtra !== null) lines.push(['meta', event.metaExtra])
  lines.push(['position', String(event.position)])
  const head = lines.map(([name, value]) => `${name.padEnd(14)}  ${printable(value)}`)
  return `${head.join('\n')}\n\n${indented(parseExact(event.payload))}`
}

/** JSON over several lines, two blanks a level; keys and numbers as they came. */
export function indented(value: ExactJson, indent = ''): string {
  if (typeof value !== 'object' || value === null || value.kind === 'number')
    return printable(writeExact(value))
  const deeper = `${indent}  `
  const parts =
    value.kind === 'array'
      ? value.items.map((item) => deeper + indented(item, deeper))
      : [...value.members].map(
          ([key, member]) => `${deeper}${printable(quote(key))}: ${indented(member, deeper)}`,
        )
  const [open, close] = value.kind === 'array' ? '[]' : '{}'
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(',\n')}\n${indent}${close}`
}
