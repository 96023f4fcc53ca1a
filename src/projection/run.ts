import type { EventDefinition } from '../event/define-event.ts'
import type { EventStore } from '../event-store/event-store.ts'
import type { ReportStore, SkippedEvent, StaleReason } from '../report-store/report-store.ts'
import type { Projection } from './projection.ts'

export interface RunOptions {
  /** The projection's name: its file's. */
  name: string
  definition: Projection
  /** The definitions under `events/`; wanted where `needsEventTypes(definition)`. */
  eventTypes?: readonly EventDefinition[]
  eventStore: EventStore
  reportStore: ReportStore
  /** UUID of an event to step over. */
  skip?: string
  /** Ends the run after the batch in hand. */
  signal?: AbortSignal
  onProgress?: (progress: RunProgress) => void
  /** Waits for another run to end, instead of giving up at once. */
  wait?: boolean
  /** Who holds the lease; default host and process. */
  owner?: string
  /** Events in a commit; default 5,000. */
  batchEvents?: number
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number
}

export interface RunProgress {
  /** Events handled so far by this run. */
  events: number
  rowsWritten: number
  /** Where the run stands, and where it will end. */
  position: bigint
  from: bigint
  target: bigint
}

export interface RunResult {
  name: string
  generation: number
  /** Checkpoints before and after; 0n: nothing was read yet. */
  from: bigint
  to: bigint
  /** That the projection reads. */
  events: number
  rowsWritten: number
  shown: number
  /** Rows that wait, by column; `(complete)`: for the further condition. */
  waiting: Readonly<Record<string, number>>
  stale: readonly StaleReason[]
  skipped: readonly SkippedEvent[]
  seconds: number
  /** For people: what was noticed on the way. */
  warnings: readonly string[]
  /** Another run holds the report; nothing was done. */
  heldBy?: { owner: string; expiresAt: number }
  /** Stopped by `signal`; the next run goes on from `to`. */
  interrupted?: true
  /** Stays below a running backfill of this position; the next run goes on. */
  belowBackfill?: true
}

/** Catches a report up with the log, once. */
export async function runProjection(_options: RunOptions): Promise<RunResult> {
  throw new Error('in the making')
}
