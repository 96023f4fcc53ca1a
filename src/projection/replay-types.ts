import type { ReportDiff } from './replay-diff.ts'
import type { ProjectionToRun, RunResult, SharedRunOptions } from './run-types.ts'

export type ProjectionToReplay = Omit<ProjectionToRun, 'skip'>

/** What the projections of a replay share. */
export interface SharedReplayOptions extends Omit<SharedRunOptions, 'wait'> {
  /** Steps over the events that the generation in use has stepped over. */
  keepSkips?: boolean
  /** Rows of a report kept in memory at most. */
  maxRows?: number
  /** Compares with the generation in use, and does not switch. */
  diff?: boolean
}

export interface ReplayOptions extends ProjectionToReplay, SharedReplayOptions {}

export interface ReplayResult extends RunResult {
  /** The generation that was in use before; null: there was none. */
  before: number | null
  switched: boolean
  /** With `diff`. */
  diff: ReportDiff | null
}
