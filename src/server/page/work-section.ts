import { numberText } from '../../cli/numbers.ts'
import { dataTable } from './data-table.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'
import { ageText, nameText, timeText } from './words.ts'

/** Who holds what, and what is not done yet. */
export function workSection(facts: Facts): Html {
  const atWork = [importsTable(facts), backfillsText(facts), locksTable(facts)]
  const isQuiet = atWork.every((table) => table === null)
  return html`${isQuiet ? html`<p class="note">No locks, no unfinished imports.</p>` : atWork}
  ${readersTable(facts)}`
}

function importsTable({ status: { unfinishedImports }, at }: Facts): Html | null {
  if (unfinishedImports.length === 0) return null
  return dataTable(
    'Imports that are not finished',
    [
      { label: 'Source' },
      { label: 'State' },
      { label: 'Records', isNumber: true },
      { label: 'Written', isNumber: true },
      { label: 'Rejected', isNumber: true },
      { label: 'Last at (UTC)', isNumber: true },
    ],
    unfinishedImports.map(({ source, heldBy, records, written, rejected, updatedAt }) => [
      nameText(source),
      heldBy === null
        ? html`<span class="mark late">stands still</span>`
        : html`<span class="mark good">running</span>`,
      numberText(records),
      numberText(written),
      numberText(rejected),
      timeText(updatedAt, at),
    ]),
  )
}

function backfillsText({ status: { backfills } }: Facts): Html | null {
  if (backfills.length === 0) return null
  return html`<p>
    A backfill is running (${backfills.map(({ number }) => `number ${number}`).join(', ')}): reports stay
    below it until it ends.
  </p>`
}

function locksTable({ status: { locks }, at }: Facts): Html | null {
  if (locks.length === 0) return null
  return dataTable(
    'Locks',
    [{ label: 'Lock' }, { label: 'Held by' }, { label: 'Until (UTC)', isNumber: true }],
    locks.map(({ name, owner, expiresAt }) => [nameText(name), nameText(owner), timeText(expiresAt, at)]),
  )
}

/** Who reads the log: what one of them has not read is not archived. */
function readersTable({ status: { readers }, at }: Facts): Html | null {
  if (readers.length === 0) return null
  return html`<details id="readers">
    <summary>Who reads the log (${readers.length})</summary>
    ${dataTable(
      'Readers',
      [
        { label: 'Report' },
        { label: 'Generation', isNumber: true },
        { label: 'In' },
        { label: 'Heard of', isNumber: true },
      ],
      readers.map(({ name, generation, reportStore, heardAt }) => [
        nameText(name),
        String(generation),
        nameText(reportStore),
        `${ageText(heardAt, at)} ago`,
      ]),
    )}
    <p class="note">
      The archive keeps what one of them has not read. One that is no more is forgotten with
      <code>demetra archive --drop-reader NAME</code>.
    </p>
  </details>`
}
