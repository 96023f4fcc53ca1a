import { archiveSection } from './archive-section.ts'
import { chartsSection } from './charts-section.ts'
import { document } from './document.ts'
import type { Facts } from './facts.ts'
import { html, type Html } from './html.ts'
import { reportsSection } from './reports-section.ts'
import type { SharedAnswer } from './shared-facts.ts'
import { keyFigures, staleNote, stateSection, stateWord } from './state-section.ts'
import { typesSection } from './types-section.ts'
import { verdictOn, type Verdict } from './verdict.ts'
import { nameText, timeText } from './words.ts'
import { workSection } from './work-section.ts'

export interface StatusPage {
  answer: SharedAnswer
  /** Of the event store, secrets left out. */
  storeUrl: string
}

/** The whole page. It is complete without JavaScript; with it, its parts are taken anew every few seconds. */
export function statusPage(page: StatusPage): Html {
  const { answer, storeUrl } = page
  const verdict = verdictOn(answer)
  return document({
    title: titleOf(verdict),
    isLive: true,
    body: html`<header class="top">
        <p class="brand">Demetra</p>
        <p class="where">${nameText(storeUrl)}</p>
        <p class="moment">
          <span id="live" hidden>Live</span>
          <noscript><a href="./">Refresh</a></noscript>
        </p>
        <form method="post" action="session/end"><button class="link">Sign out</button></form>
      </header>
      ${statusMain(answer, verdict)}`,
  })
}

/** What `GET /page/status` answers to the script: the parts alone, each with an id of its own that stays. */
export function statusFragment(answer: SharedAnswer): Html {
  return statusMain(answer, verdictOn(answer))
}

function statusMain(answer: SharedAnswer, verdict: Verdict): Html {
  return html`<main id="status" data-title="${titleOf(verdict)}">${statusParts(answer, verdict)}</main>`
}

function titleOf({ state }: Verdict): string {
  return `${stateWord(state)} · Demetra`
}

function statusParts({ facts, failure }: SharedAnswer, verdict: Verdict): Html[] {
  const parts: [string, Html | null][] = [
    ['state', stateSection(verdict)],
    ['age', staleNote(failure, facts) ?? (facts && momentText(facts))],
    ['figures', facts && keyFigures(facts)],
    ['charts', facts && chartsSection(facts)],
    ['reports', facts && headed('Reports', reportsSection(facts))],
    ['types', facts && headed('Types of events', typesSection(facts))],
    ['archive', facts && headed('Archive', archiveSection(facts))],
    ['work', facts && headed('At work', workSection(facts))],
  ]
  return parts.map(([id, content]) => html`<section id="${id}">${content}</section>`)
}

function momentText({ at }: Facts): Html {
  return html`<p class="quiet">As of ${timeText(at, at)} UTC</p>`
}

function headed(title: string, content: Html): Html {
  return html`<h2>${title}</h2>
    ${content}`
}
