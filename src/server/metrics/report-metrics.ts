import type { EventStore } from '../../event-store/event-store.ts'
import type { ReportStore } from '../../report-store/report-store.ts'
import { reportLine, type ReportLine } from '../../status/status.ts'
import { SharedRead } from '../shared-read.ts'
import { gauge } from './metric.ts'

const SHARED = { freshMs: 5000, deadlineMs: 5000 }

/** How far each report has read, read at most every few seconds. */
export function reportMetrics(store: EventStore, reportStore: ReportStore): () => Promise<string> {
  const shared = new SharedRead(() => readReports(store, reportStore), SHARED)
  return async () => {
    const outcome = await shared.get()
    const isUp = 'value' in outcome
    const help = '1: report store and event store answer; 0: what follows of reports is missing.'
    return gauge('demetra_report_store_up', help, isUp ? 1 : 0) + (isUp ? outcome.value : '')
  }
}

async function readReports(store: EventStore, reportStore: ReportStore): Promise<string> {
  const [reports, newest] = await Promise.all([reportStore.list(), store.newestPosition()])
  const lines = reports.map((report) => reportLine(report, newest))
  const each = (value: (line: ReportLine) => number) =>
    lines.map((line) => ({ labels: { report: line.name }, value: value(line) }))
  const held = lines.map(({ name, heldBy }) => ({ labels: { report: name }, value: heldBy === null ? 0 : 1 }))
  return [
    gauge(
      'demetra_report_lag_seconds',
      'Of the log, between what a report contains and the newest event; 0: it is up to date.',
      each(({ lagMs }) => lagMs / 1000),
    ),
    gauge(
      'demetra_report_stale',
      '1: the report does not follow from the log any more; `demetra replay` mends it.',
      each(({ stale }) => (stale.length > 0 ? 1 : 0)),
    ),
    gauge(
      'demetra_report_rows',
      'Rows that are shown.',
      each(({ shown }) => shown),
    ),
    gauge('demetra_report_locked', '1: a run is at it.', held),
  ].join('')
}
