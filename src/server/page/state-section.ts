import { bytesText, countText, numberText } from '../../cli/numbers.ts'
import { printable } from '../../cli/text-width.ts'
import { formatTime } from '../../event/time.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'
import type { FactsFailure } from './shared-facts.ts'
import type { Finding, State, Verdict } from './verdict.ts'
import { ageText, commandText, timeText, withCommands } from './words.ts'

const WORDS: Readonly<Record<State, string>> = { good: 'Good', late: 'Late', trouble: 'Trouble' }

/** One for each state, so that none is told by colour alone. */
const SHAPES: Readonly<Record<State, string>> = {
  good: 'M4 10.5 8.5 15 16 6',
  late: 'M10 4V10.5L14 13',
  trouble: 'M10 4V11.5M10 15V15.5',
}

export function stateWord(state: State): string {
  return WORDS[state]
}

/** So many are seen at once: the worst; the others are there for who opens them. */
const FINDINGS = 6

/** What is to be read first; it says nothing of the moment, so that a reader aloud is told of changes alone. */
export function stateSection({ state, headline, findings }: Verdict): Html {
  // one alone is named by the headline
  const [only, ...others] = findings
  const items = others.length > 0 ? findings.map(findingItem) : only === undefined ? [] : [explanation(only)]
  // one more takes no more room than the line that would hide it
  const shown = items.length <= FINDINGS + 1 ? items.length : FINDINGS
  return html`<div class="state ${state}">
    <svg class="shape" viewBox="0 0 20 20" aria-hidden="true"><path d="${SHAPES[state]}" /></svg>
    <div role="status">
      <h1>${WORDS[state]}<span class="headline">${printable(headline)}</span></h1>
      ${itemList(items.slice(0, shown))}
      ${
        shown === items.length
          ? ''
          : html`<details id="findings-more">
              <summary>${items.length - shown} more</summary>
              ${itemList(items.slice(shown))}
            </details>`
      }
    </div>
  </div>`
}

function itemList(items: readonly Html[]): Html | string {
  if (items.length === 0) return ''
  return html`<ul class="findings">
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`
}

function findingItem(finding: Finding): Html {
  const { state, title } = finding
  return html`<span class="mark ${state}">${WORDS[state]}</span>
    <b>${printable(title)}</b> ${explanation(finding)}`
}

function explanation({ details, command }: Finding): Html {
  return html`${withCommands(details.join(' '))}${
    command === null ? '' : html`<span class="command">${commandText(command)}</span>`
  }`
}

/** Since when what follows is not of now. */
export function staleNote(failure: FactsFailure | null, facts: Facts | null): Html | null {
  if (failure === null) return null
  const since = formatTime(failure.sinceMs)
  return html`<p class="stale-note">
    The event store cannot be read since ${timeText(since, facts?.at ?? since)} UTC.
    ${facts === null ? 'Nothing was read from it before.' : html`What follows is of ${timeText(facts.at, facts.at)} UTC.`}
  </p>`
}

/** Four numbers, for those who know what they should be. */
export function keyFigures({ status: { store, days, types }, minutes, at }: Facts): Html {
  const today = days.filter(({ day }) => day === at.slice(0, 10)).reduce((sum, { events }) => sum + events, 0)
  const hour = minutes.reduce((sum, { events }) => sum + (events ?? 0), 0)
  const newest =
    store.newestPositionAt === null ? '' : `, the newest ${ageText(store.newestPositionAt, at)} ago`
  const figures: [string, string, string][] = [
    [
      'Events',
      numberText(store.events),
      store.events === 0 ? 'none yet' : `of ${countText(types.length, 'type')}${newest}`,
    ],
    ['Last 60 minutes', numberText(hour), `${numberText(minutes.at(-1)?.events ?? 0)} in this one`],
    ['Happened today', numberText(today), 'by UTC'],
    ['Size of the store', bytesText(store.sizeBytes), store.url.startsWith('sqlite:') ? 'SQLite' : 'MongoDB'],
  ]
  return html`<dl class="figures">
    ${figures.map(
      ([label, value, note]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
          <dd class="quiet">${note}</dd>
        </div>`,
    )}
  </dl>`
}
