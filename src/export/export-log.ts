import type { StoredEvent } from '../event/event.ts'
import { formatEventLine } from '../event/event-line.ts'
import { formatTime } from '../event/time.ts'
import { formatUuid } from '../event/uuid.ts'
import type { EventDefinition } from '../event/define-event.ts'
import { EventReader } from '../event/domain-event.ts'
import { exactOf } from '../event/exact-value.ts'
import { writeExact } from '../event/exact-json.ts'

export type ExportFormat = 'ndjson' | 'csv'

export interface ExportOptions {
  format: ExportFormat
  /** With position and received_at: what `import --full` takes back. */
  full: boolean
  /** Runs the upcasters of the definitions: the payload as projections see it, the type by its new name. */
  upcast: readonly EventDefinition[] | null
}

/** The log as text, a chunk for each batch; what `import` takes back unchanged (but for --upcast). */
export async function* exportLog(
  batches: AsyncIterable<StoredEvent[]>,
  options: ExportOptions,
): AsyncGenerator<{ text: string; events: number }> {
  const format = options.format === 'csv' ? csvRow : formatEventLine
  const upcast = options.upcast === null ? (event: StoredEvent) => event : upcaster(options.upcast)
  if (options.format === 'csv') yield { text: `${csvHeader(options.full).join(',')}\n`, events: 0 }
  for await (const batch of batches) {
    let text = ''
    for (const event of batch) text += `${format(upcast(event), options.full)}\n`
    yield { text, events: batch.length }
  }
}

function csvHeader(full: boolean): string[] {
  return [
    'id',
    ...(full ? ['position'] : []),
    'meta.service',
    'meta.type',
    'meta.created_at',
    ...(full ? ['meta.received_at'] : []),
    'meta.aggregate_id',
    'meta.correlation_id',
    // the further members of meta, as JSON text
    'meta',
    'payload',
  ]
}

function csvRow(event: StoredEvent, full: boolean): string {
  const fields = [
    formatUuid(event.id),
    ...(full ? [String(event.position)] : []),
    event.service,
    event.type,
    formatTime(event.createdAt),
    ...(full ? [formatTime(event.receivedAt)] : []),
    event.aggregateId,
    event.correlationId ?? '',
    event.metaExtra ?? '',
    event.payload,
  ]
  return fields.map(csvField).join(',')
}

/** RFC 4180; blanks at the ends are quoted too, for readers that trim. */
function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function upcaster(definitions: readonly EventDefinition[]): (event: StoredEvent) => StoredEvent {
  const reader = new EventReader(definitions)
  const defined = new Set(definitions.flatMap(({ type, formerly }) => [type, ...formerly]))
  return (event) => {
    if (!defined.has(event.type)) return event
    const { meta, payload } = reader.read(event)
    const { id, position } = event
    // those by name: of an archived event they are no members of its own
    return { ...event, id, position, type: meta.type, payload: writeExact(exactOf(payload, 'payload')) }
  }
}
