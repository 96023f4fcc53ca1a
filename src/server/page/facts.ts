import { formatTime } from '../../event/time.ts'
import { positionTimeMs } from '../../event/position.ts'
import type { EventStore } from '../../event-store/event-store.ts'
import type { ReportStatus, ReportStore } from '../../report-store/report-store.ts'
import { readStatus, type ReportLine, type Status } from '../../status/status.ts'
import { toFailure, type Failure } from './failure.ts'
import type { MinuteCount, MinuteCounts } from './minute-counts.ts'

/** Everything that the page tells, as it stood at one moment. */
export interface Facts {
  /** RFC 3339, by the event store's clock. */
  at: string
  status: Omit<Status, 'reports'>
  minutes: readonly MinuteCount[]
  reports: readonly ReportFact[]
  /** null: the report store answered. */
  reportStoreFailure: Failure | null
}

export interface ReportFact extends ReportLine {
  /** RFC 3339: when the first event that it has not read came in; null: there is none, or it came lately. */
  unreadSince: string | null
}

/** An event may wait so long for a report before that is called late: many are filled once an hour. */
export const IN_TIME_MS = 3_600_000

export interface FactSources {
  store: EventStore
  reportStore: Pick<ReportStore, 'list'>
  minuteCounts: Pick<MinuteCounts, 'read'>
}

/** From counters, small tables and the index of the log; nothing is scanned. A report store that fails is told apart. */
export async function readFacts({ store, reportStore, minuteCounts }: FactSources): Promise<Facts> {
  const nowMs = await store.now()
  let found: ReportStatus[] = []
  let reportStoreFailure: Failure | null = null
  const list = async (): Promise<ReportStatus[]> => {
    try {
      found = await reportStore.list()
    } catch (error) {
      reportStoreFailure = toFailure(error)
    }
    return found
  }
  const [{ reports: lines, ...status }, minutes] = await Promise.all([
    readStatus(store, { list }),
    minuteCounts.read(nowMs),
  ])
  const reports: ReportFact[] = []
  for (const [i, line] of lines.entries()) {
    const sinceMs = line.lagMs > 0 ? await unreadSince(store, found[i]?.checkpoint ?? null, nowMs) : null
    reports.push({ ...line, unreadSince: sinceMs === null ? null : formatTime(sinceMs) })
  }
  return { at: formatTime(nowMs), status, minutes, reports, reportStoreFailure }
}

/**
 * How far a report is behind in the log says little: after a quiet night the first event makes it hours. What counts is
 * how long an event has waited for it, so the first unread one is looked at, where that can have been long.
 */
async function unreadSince(
  store: EventStore,
  checkpoint: ReportStatus['checkpoint'],
  nowMs: number,
): Promise<number | null> {
  if (checkpoint !== null && nowMs - positionTimeMs(checkpoint.position) < IN_TIME_MS) return null
  for await (const [first] of store.read({ ...(checkpoint && { after: checkpoint }), batchEvents: 1 })) {
    if (first !== undefined) return first.receivedAt
  }
  return null
}
