import type { RestoreCatalogueResult } from '../archive/restore-catalogue.ts'
import type { RestoreResult } from '../archive/restore-events.ts'
import { countText, durationText } from './numbers.ts'

/** What was brought back, for people. */
export function restoreText({ events, already, left, segments, store, seconds }: RestoreResult): string {
  if (segments.length === 0) return 'Nothing to bring back: no segment holds an event of this range'
  const from = `from ${countText(segments.length, 'segment')}`
  const parts = [`${countText(events, 'event')} ${from} live again in ${store} (${durationText(seconds)})`]
  if (already > 0) parts.push(`${countText(already, 'event')} ${already === 1 ? 'was' : 'were'} live already`)
  if (left > 0)
    parts.push(
      `${countText(left, 'event')} left: in another segment, archived again meanwhile, or changed in the event store`,
    )
  return parts.join('\n')
}

/** What was made of the archive, for people. */
export function catalogueText(result: RestoreCatalogueResult): string {
  const { adopted, segments, tombstones, entombed, store, archive, seconds } = result
  const parts = [
    `${countText(segments, 'segment')} in ${archive}, ${adopted.length === 0 ? 'all known' : `${adopted.length} of them new to ${store}`}`,
    `${countText(tombstones, 'tombstone')} made (${durationText(seconds)})`,
  ]
  if (entombed > 0)
    parts.push(`${countText(entombed, 'event')} of them ${entombed === 1 ? 'was' : 'were'} live, and no more`)
  parts.push('`demetra verify` proves it; reports are filled by `demetra replay NAME`')
  return parts.join('\n')
}
