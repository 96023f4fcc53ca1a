import { bytesText, countText, numberText } from '../../cli/numbers.ts'
import { ARCHIVE_LEASE } from '../../event-store/catalogue.ts'
import { dataTable } from './data-table.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'
import { timeText } from './words.ts'

export function archiveSection({ status: { archive, locks }, at }: Facts): Html {
  const run = locks.find(({ name }) => name === ARCHIVE_LEASE)
  const running =
    run === undefined ? '' : html`<p><span class="mark good">A run is at work</span>: ${run.owner}.</p>`
  if (archive.segments === 0 && archive.unfinished.length === 0) {
    return html`${running}
      <p class="note">
        Nothing is archived. <code>demetra archive --older-than P90D</code> moves events older than 90 days.
      </p>`
  }
  return html`${running}
    <p>
      ${countText(archive.events, 'event')} in ${countText(archive.segments, 'segment')},
      ${bytesText(archive.gzipBytes)}${
        archive.from === null || archive.to === null
          ? ''
          : html`, from ${archive.from.slice(0, 10)} to ${archive.to.slice(0, 10)}`
      }.
    </p>
    ${runsTable(archive.moved)} ${unfinishedTable(archive.unfinished, at)}`
}

function runsTable(moved: Facts['status']['archive']['moved']): Html | string {
  if (moved.length === 0) return ''
  return dataTable(
    'Runs of the archive, by day',
    [
      { label: 'Day (UTC)' },
      { label: 'Segments', isNumber: true },
      { label: 'Events', isNumber: true },
      { label: 'Size', isNumber: true },
    ],
    moved.map(({ day, segments, events, gzipBytes }) => [
      day,
      numberText(segments),
      numberText(events),
      bytesText(gzipBytes),
    ]),
  )
}

function unfinishedTable(unfinished: Facts['status']['archive']['unfinished'], now: string): Html | string {
  if (unfinished.length === 0) return ''
  return dataTable(
    'Segments that are not finished',
    [
      { label: 'Segment' },
      { label: 'State' },
      { label: 'Events', isNumber: true },
      { label: 'Since (UTC)', isNumber: true },
    ],
    unfinished.map(({ number, state, events, changedAt }) => [
      String(number),
      state,
      numberText(events),
      timeText(changedAt, now),
    ]),
  )
}
