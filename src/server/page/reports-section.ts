import { numberText } from '../../cli/numbers.ts'
import { longTable } from './data-table.ts'
import type { Facts, ReportFact } from './facts.ts'
import { html, type Html } from './html.ts'
import { isLate } from './verdict.ts'
import { ageText, nameText, roughDuration, timeText } from './words.ts'

const SHOWN = 20

/** `report-9` before `report-10`. */
const BY_NAME = new Intl.Collator('en', { numeric: true })

/** What needs a hand stands first, and is never folded away. */
export function reportsSection({ reports, reportStoreFailure, at }: Facts): Html {
  if (reportStoreFailure !== null) return html`<p class="note">The report store did not answer.</p>`
  if (reports.length === 0) {
    return html`<p class="note">
      No reports yet. <code>demetra projection NAME</code> fills the first one, out of the file
      <code>projections/NAME.ts</code>.
    </p>`
  }
  const columns = [
    { label: 'Report' },
    { label: 'State' },
    { label: 'Behind', isNumber: true },
    { label: 'Read to', isNumber: true },
    { label: 'Rows', isNumber: true },
    { label: 'Waiting', isNumber: true },
  ]
  const sorted = reports.toSorted(
    (a, b) => urgency(b, at) - urgency(a, at) || BY_NAME.compare(a.name, b.name),
  )
  const rows = sorted.map((report) => [
    nameText(report.name),
    stateOf(report, at),
    behindText(report, at),
    report.readTo === null ? 'nothing yet' : timeText(report.readTo, at),
    numberText(report.shown),
    numberText(Object.values(report.waiting).reduce((sum, count) => sum + count, 0)),
  ])
  return longTable('reports', 'Reports', columns, rows, {
    shown: Math.max(SHOWN, sorted.filter((report) => urgency(report, at) > 0).length),
    more: (count) => `${count} more reports, all in time`,
  })
}

/** How long the first event that it has not read has waited; the lag in the log where that was not looked up. */
function behindText({ lagMs, unreadSince }: ReportFact, now: string): string {
  if (lagMs === 0) return '0 s'
  return unreadSince === null ? roughDuration(Math.max(1000, lagMs)) : ageText(unreadSince, now)
}

function urgency(report: ReportFact, now: string): number {
  if (report.stale.length > 0) return 2
  return isLate(report, now) ? 1 : 0
}

function stateOf(report: ReportFact, now: string): Html {
  const { stale, unreadSince, lagMs, heldBy } = report
  const running = heldBy === null ? '' : html`<span class="quiet">, running</span>`
  if (stale.length > 0) return html`<span class="mark trouble">stale</span>${running}`
  if (isLate(report, now)) {
    return html`<span class="mark late">late by ${ageText(unreadSince ?? now, now)}</span>${running}`
  }
  return html`<span class="mark good">${lagMs === 0 ? 'up to date' : 'in time'}</span>${running}`
}
