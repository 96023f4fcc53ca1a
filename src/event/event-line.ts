import type { StoredEvent } from './event.ts'
import { quote } from './exact-json.ts'
import { formatTime } from './time.ts'
import { formatUuid } from './uuid.ts'

/**
 * An event as one line of NDJSON, without the line end and without blanks: what `export` and segments hold
 * and `import` takes back unchanged. `full` adds `position` after `id` and `received_at` after `created_at`.
 */
export function formatEventLine(event: StoredEvent, full = false): string {
  const position = full ? `"position":"${event.position}",` : ''
  return `{"id":"${formatUuid(event.id)}",${position}"meta":${formatMeta(event, full)},"payload":${event.payload}}`
}

/** The `meta` object of the event line. */
export function formatMeta(event: StoredEvent, full: boolean): string {
  const received = full ? `,"received_at":"${formatTime(event.receivedAt)}"` : ''
  const correlation = event.correlationId === null ? '' : `,"correlation_id":${quote(event.correlationId)}`
  const extra = event.metaExtra === null ? '' : `,${event.metaExtra.slice(1, -1)}`
  return (
    `{"service":${quote(event.service)},"type":${quote(event.type)},"created_at":"${formatTime(event.createdAt)}"` +
    `${received},"aggregate_id":${quote(event.aggregateId)}${correlation}${extra}}`
  )
}
