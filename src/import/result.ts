import type { Place } from './places.ts'

/**
 * What an import of one source did in this run. Always, on failure and interrupt too:
 * events = written + duplicates + conflicts + skipped + unsettled, and
 * records = those that made events + rejected + ignored.
 */
export interface ImportResult {
  source: string
  format: string | null
  records: number
  events: number
  written: number
  duplicates: number
  conflicts: number
  rejected: number
  /** Records that the map file made no event of. */
  ignored: number
  /** Found stored by this same import before it was interrupted. */
  skipped: number
  /** Sent, outcome unknown: the store went away. */
  unsettled: number
  /** Records equal to the letter to an earlier one of the source; each is an event of its own. */
  identical: number
  /** Of the source, decompressed. */
  bytes: number
  seconds: number
  eventsPerSecond: number
  rejectsFile: string | null
  importId: string | null
  /** Over all runs of this import, where it was resumed. */
  total: ImportTotals | null
  /** Where the first conflicts stand; the rest is in the source. */
  conflictSamples: EventPlace[]
  /** The first rejects; all are in the rejects file. */
  rejectSamples: RejectPlace[]
}

export interface ImportTotals {
  records: number
  events: number
  written: number
  duplicates: number
  conflicts: number
  rejected: number
  ignored: number
}

export interface RejectPlace extends Place {
  code: string
  message: string
}

export interface EventPlace extends Place {
  id: string
}

export function emptyResult(source: string): ImportResult {
  return {
    source,
    format: null,
    records: 0,
    events: 0,
    written: 0,
    duplicates: 0,
    conflicts: 0,
    rejected: 0,
    ignored: 0,
    skipped: 0,
    unsettled: 0,
    identical: 0,
    bytes: 0,
    seconds: 0,
    eventsPerSecond: 0,
    rejectsFile: null,
    importId: null,
    total: null,
    conflictSamples: [],
    rejectSamples: [],
  }
}
