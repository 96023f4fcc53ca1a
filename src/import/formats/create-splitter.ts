import type { Splitter, SplitterStart } from '../record.ts'
import { CsvSplitter } from './csv-splitter.ts'
import { JsonSplitter } from './json-splitter.ts'
import { NdjsonSplitter } from './ndjson-splitter.ts'

export type Format = 'csv' | 'json' | 'ndjson'

export interface SplitterOptions {
  /** CSV: one ASCII character; default a comma. */
  delimiter?: string | undefined
  /**
   * JSON: the keys that lead to the array, `[]` for an array at the top (the default); null: the document is
   * itself the one record.
   */
  path?: readonly string[] | null | undefined
  /** Default 16 MiB. */
  maxRecordBytes?: number | undefined
}

/** The splitter of a format, from the start of the source or from behind a record. */
export function createSplitter(format: Format, options: SplitterOptions, start?: SplitterStart): Splitter {
  switch (format) {
    case 'csv':
      return new CsvSplitter(options, start)
    case 'json':
      return new JsonSplitter(options, start)
    case 'ndjson':
      return new NdjsonSplitter(options, start)
  }
}
