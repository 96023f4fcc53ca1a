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
  /** Begun by a run that was cut off or is at it. */
  unfinished: { number: number; state: string; events: number; changedAt: string }[]
}

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
