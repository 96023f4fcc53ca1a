import { numberText } from '../../cli/numbers.ts'
import { html, type Html } from './html.ts'

export interface ChartBar {
  /** As it stands under the chart and in the table. */
  label: string
  /** null: not known. */
  events: number | null
  /** It is not over yet. */
  isOpen?: boolean
}

export interface BarChart {
  id: string
  title: string
  note: string
  /** Of the first column of the table. */
  unit: string
  bars: readonly ChartBar[]
}

/** In units of the drawing, which is stretched to the width there is. */
const STEP = 10
const BAR = 8
const HEIGHT = 100
const STEPS = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8]

/**
 * Bars that the server has drawn, with the words around them as text of the page, so that they keep their size on a
 * phone; the same numbers as a table beside it.
 */
export function barChart({ id, title, note, unit, bars }: BarChart): Html {
  const highest = Math.max(0, ...bars.map(({ events }) => events ?? 0))
  const ceiling = niceCeiling(highest)
  const sum = bars.reduce((total, { events }) => total + (events ?? 0), 0)
  return html`<figure class="chart" id="${id}-chart">
    <figcaption>
      <span class="chart-title">${title}</span>
      <span class="quiet">${note}</span>
      <span class="chart-sum"><b>${numberText(sum)}</b> in all</span>
    </figcaption>
    <div class="plot">
      <span class="tick" aria-hidden="true">${numberText(ceiling)}</span>
      <svg
        role="img"
        aria-labelledby="${id}-title ${id}-text"
        viewBox="0 0 ${bars.length * STEP} ${HEIGHT}"
        preserveAspectRatio="none"
      >
        <title id="${id}-title">${title}</title>
        <desc id="${id}-text">${description(bars, highest)}</desc>
        <path class="grid" d="M0 0H${bars.length * STEP}M0 ${HEIGHT / 2}H${bars.length * STEP}" />
        ${bars.map((bar, i) => barShape(bar, i, ceiling))}
        <path class="base" d="M0 ${HEIGHT}H${bars.length * STEP}" />
      </svg>
    </div>
    <div class="axis" aria-hidden="true">${axisLabels(bars).map((label) => html`<span>${label}</span>`)}</div>
    ${tableOf({ id, unit, bars })}
  </figure>`
}

/** The column behind each bar is what a pointer finds, however low the bar is. */
function barShape(bar: ChartBar, index: number, ceiling: number): Html {
  const x = index * STEP + (STEP - BAR) / 2
  const height = barHeight(bar.events ?? 0, ceiling)
  const kind = bar.isOpen === true ? 'bar open' : 'bar'
  return html`<g>
    <title>${bar.label}: ${eventsText(bar)}</title>
    <rect class="column" x="${index * STEP}" y="0" width="${STEP}" height="${HEIGHT}" />
    ${height > 0 ? html`<rect class="${kind}" x="${x}" y="${HEIGHT - height}" width="${BAR}" height="${height}" />` : ''}
  </g>`
}

/** What is above zero always shows. */
function barHeight(events: number, ceiling: number): number {
  return events === 0 ? 0 : Math.max(1.5, Math.round((events / ceiling) * HEIGHT * 100) / 100)
}

/** A round number that is not below, and not far above. */
export function niceCeiling(value: number): number {
  for (let power = 1; ; power *= 10) {
    const step = STEPS.find((each) => each * power >= value)
    // halves of small numbers are no number of events
    if (step !== undefined) return Math.ceil(step * power)
  }
}

function description(bars: readonly ChartBar[], highest: number): string {
  const top = bars.find(({ events }) => events === highest)
  if (highest === 0 || top === undefined) return 'No events.'
  return `From ${bars[0]?.label ?? ''} to ${bars.at(-1)?.label ?? ''}; the most, ${numberText(highest)}, at ${top.label}.`
}

/** The first, the middle and the last. */
function axisLabels(bars: readonly ChartBar[]): string[] {
  const labels = bars.map(({ label }) => label)
  if (labels.length < 3) return labels
  return [labels[0] ?? '', labels[Math.floor((labels.length - 1) / 2)] ?? '', labels.at(-1) ?? '']
}

/** The newest first, as in all tables of the page. */
function tableOf({ id, unit, bars }: Pick<BarChart, 'id' | 'unit' | 'bars'>): Html {
  const rows = bars.toReversed().map(
    (bar) =>
      html`<tr>
        <th scope="row">${bar.label}</th>
        <td class="number">${eventsText(bar)}</td>
      </tr>`,
  )
  return html`<details id="${id}-table">
    <summary>As a table</summary>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th scope="col">${unit}</th>
            <th scope="col" class="number">Events</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`
}

function eventsText({ events, isOpen }: ChartBar): string {
  if (events === null) return 'not counted yet'
  return `${numberText(events)}${isOpen === true ? ' so far' : ''}`
}
