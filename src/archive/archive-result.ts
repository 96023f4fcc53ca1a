import { positionTimeMs } from '../event/position.ts'
import { formatTime } from '../event/time.ts'
import type { Manifest } from '../segment/manifest.ts'
import type { Boundary } from './boundary.ts'
import type { AbandonedSegment } from './segment-steps.ts'

export interface ArchiveResult {
  store: string
  archive: string
  /** RFC 3339: events from before it were to be archived. */
  before: string
  /** Moved by this run, those that an earlier one had left half done among them. */
  segments: ArchivedSegment[]
  events: number
  textBytes: number
  gzipBytes: number
  /** Numbers of `segments` that an earlier run had begun. */
  finished: number[]
  /** Numbers under which no segment came about. */
  abandoned: AbandonedSegment[]
  /** What is old enough but was not read by all reports. */
  kept: KeptEvents | null
  /** What ended the run before all was done. */
  stoppedBy: 'interrupt' | 'max-time' | 'max-segments' | null
  seconds: number
  eventsPerSecond: number
}

export interface ArchivedSegment {
  number: number
  key: string
  events: number
  /** RFC 3339, of the positions of its first and its last event. */
  from: string
  to: string
  textBytes: number
  gzipBytes: number
}

export interface KeptEvents {
  events: number
  reports: { name: string; reportStore: string; generation: number; readTo: string }[]
}

export function archivedSegment({ number, key, events, ...of }: Manifest): ArchivedSegment {
  const { first, last, textBytes, gzipBytes } = of
  return {
    number,
    key,
    events,
    from: timeOf(first.position),
    to: timeOf(last.position),
    textBytes,
    gzipBytes,
  }
}

export function keptEvents(kept: Boundary['kept']): KeptEvents | null {
  if (kept === null) return null
  const reports = kept.readers.map(({ readTo, ...reader }) => ({ ...reader, readTo: timeOf(readTo) }))
  return { events: kept.events, reports }
}

function timeOf(position: bigint): string {
  return formatTime(positionTimeMs(position))
}
