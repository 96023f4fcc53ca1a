import type { ArchiveEstimate } from '../archive/estimate.ts'
import type { ArchivedSegment, ArchiveResult, KeptEvents } from '../archive/archive-result.ts'
import { bytesText, countText, durationText, numberText } from './numbers.ts'
import { tableText } from './table.ts'

/** Lines of the table; a run that makes more shows the first and the last of them. */
const SHOWN = 20

/** What a run has moved, for people. */
export function archiveText(result: ArchiveResult): string {
  const { segments, events, textBytes, gzipBytes, finished, abandoned } = result
  const parts: string[] = []
  if (segments.length > 0) parts.push(segmentsText(segments))
  const taken =
    `${countText(events, 'event')} in ${countText(segments.length, 'segment')} moved to ${result.archive}` +
    ` (${bytesText(textBytes)} of text in ${bytesText(gzipBytes)})` +
    `, ${durationText(result.seconds)}, ${numberText(result.eventsPerSecond)} events/s`
  if (segments.length > 0) parts.push(taken)
  else if (result.kept !== null) parts.push('Nothing moved')
  else parts.push(`Nothing to move: no live event is from before ${result.before}`)
  if (finished.length > 0)
    parts.push(`An earlier run had begun ${countText(finished.length, 'of these segments', 'of them')}`)
  for (const { number, reason } of abandoned) parts.push(`Segment ${number} was abandoned: ${reason}`)
  if (result.stoppedBy === 'max-time' || result.stoppedBy === 'max-segments')
    parts.push(`Stopped by --${result.stoppedBy}; the next run goes on from here`)
  return parts.join('\n')
}

/** What a run would move, for people. */
export function estimateText(estimate: ArchiveEstimate): string {
  const { events, segments, requests, unfinished } = estimate
  const parts: string[] = []
  if (unfinished.length > 0)
    parts.push(`${countText(unfinished.length, 'segment')} of an earlier run would be finished first`)
  if (events === 0) parts.push(`Nothing to move: no live event is from before ${estimate.before}`)
  else {
    parts.push(
      `${countText(events, 'event')} from before ${estimate.before} would be moved to ${estimate.archive}:`,
      `  ${countText(segments, 'segment')}, about ${bytesText(estimate.gzipBytes)} (${bytesText(estimate.textBytes)} of text)`,
      `  ${countText(estimate.objects, 'object')}; ${numberText(requests.put)} PUT, ${numberText(requests.get)} GET, ` +
        `${numberText(requests.head)} HEAD`,
      `  about ${durationText(estimate.seconds)}`,
    )
  }
  return parts.join('\n')
}

/** A warning. */
export function keptText({ events, reports }: KeptEvents): string {
  const names = [...new Set(reports.map(({ name }) => name))]
  const commands = names.map((name) => `\`demetra projection ${name}\``).join(', ')
  return (
    `${countText(events, 'event')} that ${events === 1 ? 'is' : 'are'} old enough stay${events === 1 ? 's' : ''}: ` +
    `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} not read so far. Run ${commands}, or, of a report that ` +
    'is no more, `demetra archive --drop-reader NAME`'
  )
}

function segmentsText(segments: readonly ArchivedSegment[]): string {
  const right = (header: string) => ({ header, align: 'right' as const })
  const line = ({ number, events, from, to, gzipBytes, key }: ArchivedSegment): string[] => [
    String(number),
    from.slice(0, 10),
    to.slice(0, 10),
    numberText(events),
    bytesText(gzipBytes),
    key,
  ]
  const shown =
    segments.length <= SHOWN
      ? segments.map(line)
      : [
          ...segments.slice(0, SHOWN - 1).map(line),
          ['…', '', '', '', '', ''],
          ...segments.slice(-1).map(line),
        ]
  return tableText(
    [
      right('segment'),
      { header: 'from' },
      { header: 'to' },
      right('events'),
      right('size'),
      { header: 'object' },
    ],
    shown,
  )
}
