import { assembleEvent, EventError, readTime, type ExtraMember } from '../../event/assemble.ts'
import { canonicalExact } from '../../event/canonical.ts'
import type { NewEvent } from '../../event/event.ts'
import { writeExact } from '../../event/exact-json.ts'
import { exactOf } from '../../event/exact-value.ts'
import { payloadOf } from '../../event/payload.ts'
import { hasGeneratedId } from '../../event/define-event.ts'
import type { SourceRecord } from '../record.ts'
import type { ImportDefinition, ImportedEvent } from './define-import.ts'
import { DerivedIds } from './derived-id.ts'
import type { EmptyFields, RecordMapper } from './mapper.ts'
import type { RecordShape } from './record-shape.ts'

const META = new Set(['service', 'type', 'created_at', 'received_at', 'aggregate_id', 'correlation_id'])

/** Maps records by a file with defineImport. */
export function fileMapper<R>(
  shape: RecordShape<R>,
  definition: ImportDefinition,
  empty: EmptyFields | undefined,
  receivedAt: number,
): RecordMapper {
  const derived = new DerivedIds()
  const fields = Object.entries(definition.record)
  return {
    derivesIds: true,
    get identical() {
      return derived.identical
    },
    map(record) {
      const read = shape.read(record)
      const values = readFields(fields, shape.values(read, empty ?? 'absent'))
      const imported = callEvent(definition, values, record)
      const drafts = imported.map((event) => draftOf(event, receivedAt))
      const lacking = drafts.filter((draft) => draft.id === undefined)
      if (lacking.length > 0) {
        const ids = derived.derive(drafts, shape.canonical(read))
        drafts.forEach((draft, i) => (draft.id ??= ids[i]))
      }
      return drafts.map((draft): NewEvent => assembleEvent(draft))
    },
    close() {
      derived.close()
    },
  }
}

/** The record's fields as values; throws EventError naming the column of every one that does not fit. */
function readFields(fields: [string, unknown][], values: Record<string, unknown>): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  const issues: string[] = []
  for (const [column, schema] of fields) {
    const parsed = (schema as FieldSchema).safeParse(values[column])
    if (parsed.success) read[column] = parsed.data
    else
      for (const issue of parsed.error.issues)
        issues.push(`${[column, ...issue.path].join('.')}: ${issue.message}`)
  }
  if (issues.length > 0) throw new EventError('invalid-field', issues.join('; '))
  return read
}

interface FieldSchema {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: unknown }
    | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } }
}

function callEvent(
  definition: ImportDefinition,
  values: Record<string, unknown>,
  record: SourceRecord,
): readonly ImportedEvent[] {
  let made: ReturnType<ImportDefinition['event']>
  try {
    made = definition.event(values, { record: record.number, line: record.line })
  } catch (error) {
    throw new EventError(
      'map-failed',
      `the map file's event function threw: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (made === null || made === undefined) return []
  return Array.isArray(made) ? (made as readonly ImportedEvent[]) : [made as ImportedEvent]
}

function draftOf(event: ImportedEvent, receivedAt: number) {
  const { meta } = event
  if (typeof meta !== 'object' || meta === null)
    throw new EventError('invalid-envelope', 'meta: expected an object')
  const extra: ExtraMember[] = []
  for (const [key, value] of Object.entries(meta)) {
    if (META.has(key) || value === undefined) continue
    const exact = exactOf(value, `meta.${key}`)
    extra.push({ key, text: writeExact(exact), canonical: canonicalExact(exact) })
  }
  return {
    // an id that defineEvent's callable made up would be another one at the next import
    id: (hasGeneratedId(event) ? undefined : event.id) as string | Uint8Array | undefined,
    service: meta.service,
    type: meta.type,
    createdAt: timeOf(meta.created_at),
    receivedAt,
    aggregateId: meta.aggregate_id,
    correlationId: meta.correlation_id ?? null,
    extra,
    ...payloadOf(exactOf(event.payload, 'payload'), 'payload'),
    position: null,
  }
}

function timeOf(value: Date | string): number {
  if (!(value instanceof Date)) return readTime(value, 'meta.created_at')
  const time = value.getTime()
  if (Number.isNaN(time)) throw new EventError('invalid-time', 'meta.created_at: an invalid Date')
  return time
}
