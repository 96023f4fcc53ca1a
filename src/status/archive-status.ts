import { positionTimeMs } from '../event/position.ts'
import { formatTime } from '../event/time.ts'
import type { CatalogueSegment } from '../event-store/catalogue.ts'

export interface ArchiveStatus {
  /** Those that readers find their events in. */
  segments: number
  events: number
  /** Of the objects, and of their text. */
  gzipBytes: number
  textBytes: number
  /** RFC 3339, of the first and the last position in them; null: there are none. */
  from: string | null
  to: string | null
  /** What was moved when, by UTC day, the newest first; the newest 14. */
  moved: { day: string; segments: number; events: number; gzipBytes: number }[]
  /** Begun by a run that was cut off or is at it. */
  unfinished: { number: number; state: string; events: number; changedAt: string }[]
}

const DAYS = 14

/** What of a store is archived, by its catalogue; the archive is not asked. */
export function archiveStatus(segments: readonly CatalogueSegment[]): ArchiveStatus {
  const readable = segments.filter(({ state }) => state === 'committed' || state === 'purged')
  const sum = (bytes: (segment: CatalogueSegment) => number | undefined): number =>
    readable.reduce((total, segment) => total + (bytes(segment) ?? 0), 0)
  const times = readable.flatMap(({ first, last }) => [first.position, last.position]).map(positionTimeMs)
  return {
    segments: readable.length,
    events: sum(({ events }) => events),
    gzipBytes: sum(({ content }) => content?.gzipBytes),
    textBytes: sum(({ content }) => content?.textBytes),
    from: times.length === 0 ? null : formatTime(times.reduce((a, b) => Math.min(a, b))),
    to: times.length === 0 ? null : formatTime(times.reduce((a, b) => Math.max(a, b))),
    moved: movedByDay(readable),
    unfinished: segments
      .filter(({ state }) => state === 'intended' || state === 'committed')
      .map(({ number, state, events, changedAt }) => ({
        number,
        state,
        events,
        changedAt: formatTime(changedAt),
      })),
  }
}

function movedByDay(segments: readonly CatalogueSegment[]): ArchiveStatus['moved'] {
  const byDay = Map.groupBy(segments, ({ changedAt }) => formatTime(changedAt).slice(0, 10))
  return [...byDay]
    .map(([day, of]) => ({
      day,
      segments: of.length,
      events: of.reduce((sum, { events }) => sum + events, 0),
      gzipBytes: of.reduce((sum, { content }) => sum + (content?.gzipBytes ?? 0), 0),
    }))
    .toSorted((a, b) => (a.day < b.day ? 1 : -1))
    .slice(0, DAYS)
}
