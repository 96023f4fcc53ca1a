import { DAYS_SHOWN } from '../../event-store/event-counts.ts'
import { formatTime } from '../../event/time.ts'
import { barChart, type ChartBar } from './bar-chart.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'

const DAY_MS = 86_400_000
const DAYS = 30

export function chartsSection(facts: Facts): Html {
  const days = dayBars(facts)
  return html`${barChart({
    id: 'minutes',
    title: 'Events per minute',
    note: 'as they came in',
    unit: 'Minute (UTC)',
    bars: minuteBars(facts),
  })}
  ${barChart({
    id: 'days',
    title: 'Events per day',
    note: 'as they happened',
    unit: 'Day (UTC)',
    bars: days,
  })}
  ${notesOn(facts, days).map((note) => html`<p class="note">${note}</p>`)}`
}

/** What the charts leave out. */
function notesOn({ minutes, status: { archive } }: Facts, days: readonly ChartBar[]): string[] {
  const notes: string[] = []
  const firstMs = minutes[0]?.minuteMs ?? Infinity
  if (archive.to !== null && Date.parse(archive.to) >= firstMs) {
    notes.push('Events of this hour that are archived already are not counted by minute.')
  }
  if (days.length < DAYS) {
    const from = days[0]?.label ?? ''
    notes.push(`Days before ${from} are not shown: of so many types the store tells the newest days alone.`)
  }
  return notes
}

function minuteBars({ minutes }: Facts): ChartBar[] {
  return minutes.map(({ minuteMs, events }, i) => ({
    label: formatTime(minuteMs).slice(11, 16),
    events,
    isOpen: i === minutes.length - 1,
  }))
}

/**
 * Thirty days up to today; up to the newest day, where that is long ago, as after an import of old events. The store
 * tells a bounded number of counts, so the oldest day may be told in part, and is left out then.
 */
export function dayBars({ at, status: { days } }: Facts): ChartBar[] {
  const today = dayNumber(at)
  const byDay = new Map<number, number>()
  for (const { day, events } of days) byDay.set(dayNumber(day), (byDay.get(dayNumber(day)) ?? 0) + events)
  const told = [...byDay.keys()].toSorted((a, b) => a - b)
  const newest = told.findLast((day) => day <= today) ?? today
  const last = today - newest < DAYS ? today : newest
  const isCut = days.length >= DAYS_SHOWN
  const first = Math.max(last - DAYS + 1, isCut ? Math.min((told[0] ?? 0) + 1, last) : -Infinity)
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    label: formatTime((first + i) * DAY_MS).slice(0, 10),
    events: byDay.get(first + i) ?? 0,
    isOpen: first + i === today,
  }))
}

function dayNumber(time: string): number {
  return Math.floor(Date.parse(time.slice(0, 10)) / DAY_MS)
}
