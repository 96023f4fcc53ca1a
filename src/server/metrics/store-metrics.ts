import { positionTimeMs } from '../../event/position.ts'
import type { EventStore } from '../../event-store/event-store.ts'
import { archiveStatus } from '../../status/archive-status.ts'
import { SharedRead } from '../shared-read.ts'
import { gauge } from './metric.ts'

/** A scrape comes every 10 s or more from each Prometheus; how many there are is not the store's trouble. */
const SHARED = { freshMs: 5000, deadlineMs: 5000 }
const IMPORTS = 100

/** What the event store holds and who works with it, from counters and small tables; read at most every few seconds. */
export function storeMetrics(store: EventStore): () => Promise<string> {
  const shared = new SharedRead(() => readStore(store), SHARED)
  return async () => {
    const outcome = await shared.get()
    const isUp = 'value' in outcome
    return (
      gauge(
        'demetra_store_up',
        '1: the event store answers; 0: what follows of it is missing.',
        isUp ? 1 : 0,
      ) + (isUp ? outcome.value : '')
    )
  }
}

async function readStore(store: EventStore): Promise<string> {
  const [statistics, { segments }, newest, locks, backfills, imports] = await Promise.all([
    store.statistics(),
    store.catalogue.segments(),
    store.newestPosition(),
    store.leases.list(),
    store.backfills.since(0),
    store.imports.list(IMPORTS),
  ])
  const stable = await store.stablePosition()
  const archive = archiveStatus(segments)
  const lastMoved = segments
    .filter(({ state }) => state === 'purged')
    .reduce((last, { changedAt }) => Math.max(last, changedAt), 0)
  return [
    gauge('demetra_store_events', 'Events in the log, live and archived.', statistics.events),
    gauge('demetra_store_bytes', 'Size of the event store, archive not counted.', statistics.sizeBytes),
    gauge(
      'demetra_log_newest_position_timestamp_seconds',
      'When the newest event of the log came in, since 1970; nothing for an empty log.',
      newest === 0n ? [] : [{ value: positionTimeMs(newest) / 1000 }],
    ),
    gauge(
      'demetra_log_stable_lag_seconds',
      'How far the position that projections may read stands behind the newest event.',
      stable >= newest ? 0 : (positionTimeMs(newest) - positionTimeMs(stable)) / 1000,
    ),
    gauge('demetra_archive_segments', 'Segments that readers find their events in.', archive.segments),
    gauge('demetra_archive_events', 'Events in them.', archive.events),
    gauge('demetra_archive_bytes', 'Size of their objects.', archive.gzipBytes),
    gauge(
      'demetra_archive_unfinished_segments',
      'Segments that a run has begun and not finished; the next run of `demetra archive` does.',
      archive.unfinished.length,
    ),
    gauge(
      'demetra_archive_last_segment_timestamp_seconds',
      'When the last segment was finished, since 1970; nothing where nothing was archived.',
      lastMoved === 0 ? [] : [{ value: lastMoved / 1000 }],
    ),
    gauge('demetra_locks', 'Locks that are held, by what for.', countLocks(locks)),
    gauge(
      'demetra_backfills_running',
      'Imports that hold up projections while they fill in history.',
      backfills.filter(({ running }) => running).length,
    ),
    gauge(
      'demetra_imports_unfinished',
      'Imports that run, or were interrupted, of the last hundred.',
      imports.filter(({ status }) => status === 'running').length,
    ),
  ].join('')
}

/** `archive`, or `import:FINGERPRINT`: one label for all of a kind. */
function countLocks(locks: readonly { name: string }[]): { labels: { kind: string }; value: number }[] {
  const counts = new Map([
    ['archive', 0],
    ['import', 0],
  ])
  for (const { name } of locks) {
    const kind = name.split(':', 1)[0] as string
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].map(([kind, value]) => ({ labels: { kind }, value }))
}
