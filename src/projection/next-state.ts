import type { ReportState } from '../report-store/report-store.ts'
import type { FoldResult } from './fold.ts'
import type { LogEvent } from './log-event.ts'
import { withReason } from './staleness.ts'

/** With the counts of rows moved as the fold says. */
export function counted(state: ReportState, fold: Pick<FoldResult, 'shown' | 'waiting'>): ReportState {
  const waiting = new Map(Object.entries(state.waiting))
  for (const [name, by] of fold.waiting) waiting.set(name, (waiting.get(name) ?? 0) + by)
  const counts = Object.fromEntries([...waiting].filter(([, rows]) => rows !== 0))
  return { ...state, shown: state.shown + fold.shown, waiting: counts }
}

/** With the event noted down as one that is not in the report. */
export function steppedOver(state: ReportState, { id, stored }: LogEvent): ReportState {
  const { type, position } = stored
  const message = `the event ${id} (${type}) was stepped over`
  return {
    ...state,
    skipped: [...state.skipped, { id, type, position }],
    stale: withReason(state.stale, { cause: 'skipped-event', message }),
  }
}
