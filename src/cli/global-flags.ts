import * as Flags from '@oclif/core/flags'

/** Flags that every command has. */
export const globalFlags = {
  json: Flags.boolean({ summary: 'Print one JSON document instead of text.', helpGroup: 'GLOBAL' }),
  config: Flags.string({
    summary: 'Configuration file; else demetra.config.ts, found upwards from here.',
    helpValue: 'FILE',
    helpGroup: 'GLOBAL',
  }),
  store: Flags.string({
    summary: 'Event store (or DEMETRA_STORE); sqlite:demetra.db if not told otherwise.',
    helpValue: 'URL',
    helpGroup: 'GLOBAL',
  }),
  archive: Flags.string({
    summary: 'Archive (or DEMETRA_ARCHIVE); file:archive if not told otherwise.',
    helpValue: 'URL',
    helpGroup: 'GLOBAL',
  }),
  reports: Flags.string({
    summary: 'Report store (or DEMETRA_REPORTS); sqlite:reports.db if not told otherwise.',
    helpValue: 'URL',
    helpGroup: 'GLOBAL',
  }),
  quiet: Flags.boolean({ summary: 'No progress and no remarks on stderr.', helpGroup: 'GLOBAL' }),
}

/** What of the global flags was given. */
export interface GlobalFlags {
  config?: string
  store?: string
  archive?: string
  reports?: string
  quiet?: boolean
}
