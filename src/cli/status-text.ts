import type { ArchiveStatus } from '../status/archive-status.ts'
import type { ReportLine, Status } from '../status/status.ts'
import { bytesText, countText, durationText, numberText } from './numbers.ts'
import { tableText } from './table.ts'
import { printable } from './text-width.ts'

const left = (header: string) => ({ header })
const right = (header: string) => ({ header, align: 'right' as const })

/** What the store holds and who works with it, for people. `days`: how many of the newest days are shown. */
export function statusText(status: Status, days: number): string {
  const { store } = status
  const parts = [
    `${store.url}: ${countText(store.events, 'event')}, ${bytesText(store.sizeBytes)}` +
      (store.newestPositionAt === null ? '' : `, newest at ${store.newestPositionAt}`),
  ]
  if (status.types.length > 0) {
    parts.push(
      tableText(
        [left('type'), right('events'), left('first day'), left('last day')],
        status.types.map(({ type, events, firstDay, lastDay }) => [
          type,
          numberText(events),
          firstDay,
          lastDay,
        ]),
      ),
    )
  } else parts.push('No events yet. `demetra import FILE` brings some in.\n')
  if (status.days.length > 0 && days > 0) parts.push(daysText(status, days))
  parts.push(...archiveText(status.archive))
  if (status.reports.length > 0) parts.push(reportsText(status))
  for (const { source, records, written, rejected, updatedAt, heldBy } of status.unfinishedImports) {
    parts.push(
      `Unfinished import: ${printable(source)} stands at record ${numberText(records)} (${numberText(written)} written, ` +
        `${numberText(rejected)} rejected, last at ${updatedAt}); ` +
        (heldBy === null ? 'the same command goes on from there.\n' : `${heldBy} is at it.\n`),
    )
  }
  for (const { name, owner, expiresAt } of status.locks)
    parts.push(`Lock: ${name}, held by ${owner} until ${expiresAt}\n`)
  return parts.join('\n').trimEnd()
}

/** Events a day, the newest days first, with the types that make them up. */
function daysText(status: Status, days: number): string {
  const byDay = Map.groupBy(status.days, ({ day }) => day)
  const newest = [...byDay].toSorted(([a], [b]) => (a < b ? 1 : -1)).slice(0, days)
  const rows = newest.map(([day, lines]) => {
    const types = lines.toSorted((a, b) => b.events - a.events)
    const named = types.slice(0, 3).map(({ type, events }) => `${type} ${numberText(events)}`)
    if (types.length > 3) named.push(`${types.length - 3} more types`)
    return [day, numberText(types.reduce((sum, { events }) => sum + events, 0)), named.join(', ')]
  })
  return tableText([left('day'), right('events'), left('types')], rows)
}

function reportsText(status: Status): string {
  const rows = status.reports.map((report) => {
    const waiting = Object.values(report.waiting).reduce((sum, count) => sum + count, 0)
    return [
      report.name,
      numberText(report.shown),
      numberText(waiting),
      report.readTo ?? '',
      stateText(report),
    ]
  })
  const table = tableText(
    [left('report'), right('rows'), right('waiting'), left('read to'), left('state')],
    rows,
  )
  const stale = status.reports.flatMap(({ name, stale: reasons }) =>
    reasons.map((reason) => `Stale: ${name}: ${reason}; \`demetra replay ${name}\` mends it\n`),
  )
  return table + stale.join('')
}

/** Nothing of a store that has archived nothing. */
function archiveText({ segments, events, gzipBytes, from, to, unfinished }: ArchiveStatus): string[] {
  const parts: string[] = []
  if (segments > 0) {
    const what = `${countText(events, 'event')} in ${countText(segments, 'segment')}, ${bytesText(gzipBytes)}`
    parts.push(`Archived: ${what}, from ${from} to ${to}\n`)
  }
  for (const { number, state, events: own, changedAt } of unfinished) {
    parts.push(
      `Unfinished segment: ${number} (${countText(own, 'event')}) is ${state} since ${changedAt}; ` +
        'the next `demetra archive` finishes it.\n',
    )
  }
  return parts
}

/** `stale, 3 min behind, running`; what is stale is never called up to date. */
function stateText({ stale, lagMs, heldBy }: ReportLine): string {
  const words = stale.length > 0 ? ['stale'] : []
  if (lagMs > 0) words.push(`${durationText(lagMs / 1000)} behind`)
  else if (words.length === 0) words.push('up to date')
  if (heldBy !== null) words.push('running')
  return words.join(', ')
}
