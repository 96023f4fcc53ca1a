import type { ReadPayload } from '../../event/payload.ts'
import type { SourceRecord } from '../record.ts'
import type { EmptyFields } from './mapper.ts'

/** How the mapping looks into a record: by the columns of a CSV, or by paths into a JSON object. `R` is one record, read. */
export interface RecordShape<R> {
  /** Throws EventError where the record cannot be read. */
  read(record: SourceRecord): R
  /** A reader of one column's text; undefined where it is missing. Throws DemetraError where no record can have it. */
  text(column: string, flag: string): (record: R) => string | undefined
  /** What is left of a record as its payload. */
  rest(options: RestOptions): (record: R) => ReadPayload
  /** A column that holds the whole payload. */
  payload(column: string, flag: string): (record: R) => ReadPayload
  /** The whole record with sorted keys, as JSON text: what derived ids are made of. */
  canonical(record: R): string
  /** The record's values by name, for a map file: text in CSV, any JSON value else. */
  values(record: R, empty: EmptyFields | undefined): Record<string, unknown>
}

export interface RestOptions {
  /** Columns that the envelope took unchanged, and those of `--drop`. */
  without: readonly string[]
  /** Columns whose text becomes a JSON number. */
  numbers: readonly string[]
  /** Default: absent for CSV, keep for JSON. */
  empty: EmptyFields | undefined
}

/** JSON's own grammar: the text of a number stays as it is. */
export const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
