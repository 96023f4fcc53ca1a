import { countText, numberText } from '../../cli/numbers.ts'
import { longTable } from './data-table.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'
import { nameText } from './words.ts'

const SHOWN = 12

/** The most frequent first. */
export function typesSection({ status: { types, store } }: Facts): Html {
  if (types.length === 0) {
    return html`<p class="note">
      No events yet. Services send them to <code>POST /events</code>; <code>demetra import FILE</code> brings
      in a dump.
    </p>`
  }
  const columns = [
    { label: 'Type' },
    { label: 'Events', isNumber: true },
    { label: 'Share', isNumber: true },
    { label: 'First day', isNumber: true },
    { label: 'Last day', isNumber: true },
  ]
  const rows = types
    .toSorted((a, b) => b.events - a.events || (a.type < b.type ? -1 : 1))
    .map(({ type, events, firstDay, lastDay }) => [
      nameText(type),
      numberText(events),
      shareText(events, store.events),
      firstDay,
      lastDay,
    ])
  return longTable('types', 'Types', columns, rows, {
    shown: SHOWN,
    more: (count) => countText(count, 'more type'),
  })
}

function shareText(part: number, whole: number): string {
  const percent = (part / whole) * 100
  return percent > 0 && percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(1)} %`
}
