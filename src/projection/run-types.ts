import type { EventDefinition } from '../event/define-event.ts'
import type { EventLog } from '../event-log/event-log.ts'
import type { ReportStore, SkippedEvent, StaleReason } from '../report-store/report-store.ts'
import type { Projection } from './projection.ts'

/** The part of the event log that a run needs. */
export type RunLog = Pick<
  EventLog,
  'storeId' | 'newestPosition' | 'stablePosition' | 'summary' | 'read' | 'readers' | 'backfills'
>

/** A projection that is to be run. */
export interface ProjectionToRun {
  /** Its file's. */
  name: string
  definition: Projection
  /** The definitions under `events/`; wanted where `needsEventTypes(definition)`. */
  eventTypes?: readonly EventDefinition[]
  /** UUID of an event to step over. */
  skip?: string
}

/** What the projections of a run share. */
export interface SharedRunOptions {
  eventStore: RunLog
  reportStore: ReportStore
  /** Ends the run after the batch in hand. */
  signal?: AbortSignal
  onProgress?: (progress: RunProgress) => void
  /** Waits for another run to end, instead of giving up at once. */
  wait?: boolean
  /** Who holds the lease; default this process. */
  owner?: string
  /** Events in a commit; default 5,000. */
  batchEvents?: number
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number
}

export interface RunOptions extends ProjectionToRun, SharedRunOptions {}

export interface RunProgress {
  /** Events read so far by this run, each counted once. */
  events: number
  rowsWritten: number
  /** Where the run stands, the last of its reports, and where it will end. */
  position: bigint
  target: bigint
  /** How much of its part of the log is read, from 0 to 1. */
  share: number
}

export interface RunResult {
  name: string
  generation: number
  /** Positions of the checkpoints before and after; 0n: nothing was read yet. */
  from: bigint
  to: bigint
  /** Handled by this run, of the types that the projection reads. */
  events: number
  rowsWritten: number
  shown: number
  /** Rows that wait, by column; `(complete)`: for the projection's own condition. */
  waiting: Readonly<Record<string, number>>
  /** Why the report does not follow from the log any more; empty: it does. */
  stale: readonly StaleReason[]
  /** Events that were stepped over, by this run and earlier ones. */
  skipped: readonly SkippedEvent[]
  seconds: number
  /** For people: what was noticed on the way. */
  warnings: readonly string[]
  /** Another run holds the report (or took it over); what is to be done is left to it. */
  heldBy?: { owner: string; expiresAt: number }
  /** Stopped by `signal`; the next run goes on from `to`. */
  interrupted?: true
  /** A running backfill writes above `to`; the next run goes on. */
  belowBackfill?: true
}
