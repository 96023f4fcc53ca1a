import { EventError } from '../event/assemble.ts'
import type { ImportDefinition } from './mapping/define-import.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createSplitter } from './formats/create-splitter.ts'
import { createMapper } from './mapping/create-mapper.ts'
import type { MappingOptions, RecordMapper } from './mapping/mapper.ts'
import type { SourceRecord, Splitter, SplitterStart } from './record.ts'
import { parseReject, type Reject, type RejectMapping } from './reject.ts'
import { repairedMapper } from './repaired.ts'
import { sniffFormat } from './sniff.ts'
import type { Source } from './source.ts'

/** Where the events of an import stand in the log: where they happened, at its end, or where --full says. */
export type PositionMode = 'created' | 'received' | 'full'

export interface PlanOptions {
  mapping: MappingOptions
  /** Loads the map file of `mapping.map`, or of a reject. */
  loadDefinition: (path: string) => Promise<ImportDefinition>
  format?: 'csv' | 'json' | 'ndjson' | undefined
  delimiter?: string | undefined
  /** Path of the array inside a JSON document, `data.items`. */
  records?: string | undefined
  position: PositionMode
  strict: boolean
  maxRecordBytes?: number | undefined
  receivedAt: number
}

/** How one source is read: told by its first bytes and the flags. */
export interface ImportPlan {
  format: 'csv' | 'json' | 'ndjson'
  /** The source is a rejects file: its lines hold records of another source. */
  repairs: boolean
  position: PositionMode
  mapping: RejectMapping
  fingerprint: string
  derivesIds: boolean
  createSplitter: (start: SplitterStart) => Splitter
  createMapper: (columns: readonly string[] | undefined, first: SourceRecord) => RecordMapper
}

/** Enough for a header and for the first array of a document. */
const HEAD_BYTES = 1024 * 1024

/** How a rejects file begins. */
const REJECTS_START = /^\{"source":"(?:[^"\\]|\\.)*","fingerprint":"/

/** Throws DemetraError: an unknown format (exit 4), flags that do not fit (exit 2). */
export async function planImport(source: Source, options: PlanOptions): Promise<ImportPlan> {
  const head = await source.head(HEAD_BYTES)
  const firstReject = REJECTS_START.test(head.toString('latin1', 0, 4096))
    ? parseReject(await firstLine(source))
    : null
  return firstReject === null
    ? planSource(source, head, options)
    : planRepairs(source, head, firstReject, options)
}

async function planSource(source: Source, head: Buffer, options: PlanOptions): Promise<ImportPlan> {
  const { maxRecordBytes, position } = options
  const { format, delimiter, path } = await sniffFormat(head, { ...options, name: source.name })
  const mapping = rejectMapping(format, delimiter, position, options.mapping)
  const definition = await loadDefinition(options.mapping, options)
  const ownForm = head.includes('"meta"')
  return {
    format,
    repairs: false,
    position,
    mapping,
    fingerprint: fingerprintOf(head, source.sizeBytes, {
      ...mapping,
      ...(path === undefined ? {} : { path }),
    }),
    derivesIds:
      definition !== undefined || (options.mapping.type !== undefined && options.mapping.id === undefined),
    createSplitter: (start) => createSplitter(format, { delimiter, path, maxRecordBytes }, start),
    createMapper: (columns, first) =>
      createMapper(columns, first, {
        mapping: options.mapping,
        definition,
        receivedAt: options.receivedAt,
        full: position === 'full',
        strict: options.strict,
        ownForm,
      }),
  }
}

async function planRepairs(
  source: Source,
  head: Buffer,
  first: Reject,
  options: PlanOptions,
): Promise<ImportPlan> {
  // said anew, at the end of the log: where a report has read past their place meanwhile
  const own = first.mapping.full === true ? 'full' : first.mapping.position
  const position = options.position === 'received' ? 'received' : own
  const definitions = new Map<string, ImportDefinition>()
  const { map } = first.mapping
  if (map !== undefined) definitions.set(map, await options.loadDefinition(map))
  const { maxRecordBytes } = options
  return {
    format: 'ndjson',
    repairs: true,
    position,
    mapping: first.mapping,
    fingerprint: fingerprintOf(head, source.sizeBytes, first.mapping),
    derivesIds: true,
    createSplitter: (start) => createSplitter('ndjson', { maxRecordBytes }, start),
    createMapper: () =>
      repairedMapper((reject, record) => {
        const { mapping } = reject
        if (mapping.map !== undefined && !definitions.has(mapping.map)) {
          throw new EventError(
            'another-map',
            `it is mapped by ${mapping.map}, the first one by ${map ?? 'flags'}: import these apart`,
          )
        }
        return createMapper(reject.columns ?? undefined, record, {
          mapping,
          definition: mapping.map === undefined ? undefined : definitions.get(mapping.map),
          receivedAt: options.receivedAt,
          full: mapping.full === true,
          strict: options.strict,
          ownForm: true,
        })
      }, position === 'created'),
  }
}

async function loadDefinition(
  mapping: MappingOptions,
  options: PlanOptions,
): Promise<ImportDefinition | undefined> {
  return mapping.map === undefined ? undefined : options.loadDefinition(mapping.map)
}

function rejectMapping(
  format: ImportPlan['format'],
  delimiter: string | undefined,
  position: PositionMode,
  mapping: MappingOptions,
): RejectMapping {
  return {
    ...mapping,
    format,
    ...(delimiter === undefined ? {} : { delimiter }),
    position: position === 'received' ? 'received' : 'created',
    ...(position === 'full' ? { full: true } : {}),
  }
}

/** The first line, whole: a reject may hold a record of 16 MiB, escaped. */
async function firstLine(source: Source): Promise<string> {
  for (let bytes = HEAD_BYTES; ; bytes *= 8) {
    const head = await source.head(bytes)
    const end = head.indexOf(10)
    if (end !== -1 || head.length < bytes) return head.toString('utf8', 0, end === -1 ? head.length : end)
  }
}
