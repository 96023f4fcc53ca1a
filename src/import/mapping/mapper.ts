import type { NewEvent } from '../../event/event.ts'
import type { SourceRecord } from '../record.ts'

/**
 * Turns one record into events: one, several, or none (the record is ignored). Positions are left to the
 * import loop. Throws EventError: the record is a reject, whole.
 */
export interface RecordMapper {
  map(record: SourceRecord): NewEvent[]
  /** Ids are derived from the content and from how often it came before: a resume must pass every record again. */
  readonly derivesIds: boolean
  /** Records that were equal to the letter to an earlier one; 0 where ids are not derived. */
  readonly identical: number
  close(): void
}

/** What `--empty` says of a field without text: left out of the payload, or kept as "". */
export type EmptyFields = 'absent' | 'keep'

/** The mapping flags of `demetra import`, as given. Plain JSON: part of the fingerprint and of the rejects file. */
export interface MappingOptions {
  service?: string
  type?: string
  aggregate?: string
  createdAt?: string
  dateFormat?: string
  timezone?: string
  correlation?: string
  id?: string
  payload?: string
  drop?: string[]
  number?: string[]
  empty?: EmptyFields
  /** Path of a file with defineImport, as given. */
  map?: string
}

/** The flag behind each option, for messages. */
export const MAPPING_FLAGS = {
  service: '--service',
  type: '--type',
  aggregate: '--aggregate',
  createdAt: '--created-at',
  dateFormat: '--date-format',
  timezone: '--timezone',
  correlation: '--correlation',
  id: '--id',
  payload: '--payload',
  drop: '--drop',
  number: '--number',
  empty: '--empty',
  map: '--map',
} as const satisfies Record<keyof MappingOptions, string>
