import * as Flags from '@oclif/core/flags'
import type { MappingOptions } from '../import/mapping/mapper.ts'
import type { PositionMode } from '../import/plan.ts'

/** Flags of the commands that read a dump: how it is cut into records. */
export const sourceFlags = {
  format: Flags.option({
    options: ['csv', 'json', 'ndjson'] as const,
    description: 'Format of the source; left out, its content tells.',
    helpGroup: 'SOURCE',
  })(),
  delimiter: Flags.string({
    description: "CSV: what separates fields; left out, it is found. '\\t' is a tab.",
    helpGroup: 'SOURCE',
  }),
  records: Flags.string({
    description: 'JSON document: path of the array, as in data.items.',
    helpGroup: 'SOURCE',
  }),
  'max-record-bytes': Flags.integer({
    min: 1024,
    description: 'A larger record is a reject. Default: 16777216, 16 MiB.',
    helpGroup: 'SOURCE',
  }),
}

/** Flags that say how a record becomes an event. Templates name columns (or JSON paths) in braces. */
export const mappingFlags = {
  service: template('Service that the events come from, as in shop'),
  type: template("Type of the event, as in '{Activity}'; made lower case with dashes"),
  aggregate: template("Aggregate, as in 'case/{Case ID}'"),
  'created-at': template("When it happened, as in '{time}'"),
  correlation: template("What ties events of several aggregates together, as in '{Order}'"),
  id: template("UUID of the event; left out, it is derived from the record's content"),
  payload: template("Column that holds the payload as JSON, as in '{data}'; left out, all other columns"),
  'date-format': Flags.string({
    description: "Form of the times, as in 'dd.MM.yyyy HH:mm'; common forms need none.",
    helpGroup: 'MAPPING',
  }),
  timezone: Flags.string({
    description: 'Zone of times without an offset, as in Europe/Rome or UTC.',
    helpGroup: 'MAPPING',
  }),
  drop: columns('Columns to leave out of the payload'),
  number: columns('Columns whose text becomes a JSON number'),
  empty: Flags.option({
    options: ['absent', 'keep'] as const,
    description: 'Empty CSV fields: left out of the payload (default), or kept as "".',
    helpGroup: 'MAPPING',
  })(),
  map: Flags.string({ description: 'File with defineImport, instead of templates.', helpGroup: 'MAPPING' }),
}

/** Flags that say where the events of a dump stand in the log. */
export const positionFlags = {
  position: Flags.option({
    options: ['created', 'received'] as const,
    description: 'Where the events stand in the log: where they happened (default), or at its end.',
    helpGroup: 'IMPORT',
  })(),
  full: Flags.boolean({
    description: 'Restore positions and times of export --full, into an empty store.',
    helpGroup: 'IMPORT',
    exclusive: ['position'],
  }),
}

interface PositionFlags {
  position?: 'created' | 'received' | undefined
  full: boolean
}

interface SourceFlags {
  format?: 'csv' | 'json' | 'ndjson' | undefined
  delimiter?: string | undefined
  records?: string | undefined
  'max-record-bytes'?: number | undefined
}

/** All that says how a dump is read. */
export type ReadFlags = SourceFlags & MappingFlags & PositionFlags

export function positionOf(flags: PositionFlags): PositionMode {
  return flags.full ? 'full' : (flags.position ?? 'created')
}

interface MappingFlags {
  service?: string | undefined
  type?: string | undefined
  aggregate?: string | undefined
  'created-at'?: string | undefined
  correlation?: string | undefined
  id?: string | undefined
  payload?: string | undefined
  'date-format'?: string | undefined
  timezone?: string | undefined
  drop?: string[] | undefined
  number?: string[] | undefined
  empty?: 'absent' | 'keep' | undefined
  map?: string | undefined
}

/** Only what was given, so that the fingerprint of an import does not change with new flags. */
export function mappingOf(flags: MappingFlags): MappingOptions {
  const all = {
    service: flags.service,
    type: flags.type,
    aggregate: flags.aggregate,
    createdAt: flags['created-at'],
    correlation: flags.correlation,
    id: flags.id,
    payload: flags.payload,
    dateFormat: flags['date-format'],
    timezone: flags.timezone,
    drop: flags.drop,
    number: flags.number,
    empty: flags.empty,
    map: flags.map,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function template(description: string) {
  return Flags.string({ description: `${description}.`, helpGroup: 'MAPPING', helpValue: 'TEMPLATE' })
}

function columns(description: string) {
  return Flags.string({
    description: `${description}; comma-separated, or the flag again.`,
    helpGroup: 'MAPPING',
    helpValue: 'COLUMNS',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  })
}
