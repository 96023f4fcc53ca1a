import { countText } from '../../cli/numbers.ts'
import { ARCHIVE_LEASE } from '../../event-store/catalogue.ts'
import { shellWord } from '../../text/shell-word.ts'
import { IN_TIME_MS, type Facts, type ReportFact } from './facts.ts'
import type { Failure } from './failure.ts'
import type { SharedAnswer } from './shared-facts.ts'
import { ageText } from './words.ts'

export type State = 'good' | 'late' | 'trouble'

/** The answer to what everybody asks first: is all well? */
export interface Verdict {
  state: State
  /** One sentence. */
  headline: string
  /** The worst first. */
  findings: Finding[]
}

export interface Finding {
  state: 'late' | 'trouble'
  /** What is the matter, in one sentence. */
  title: string
  /** More sentences; commands stand in backticks. */
  details: readonly string[]
  /** What mends it; null: time does, or what the sentences say. */
  command: string | null
}

/** An import or a segment that nobody is at and that has not moved for so long was cut off, and is not between two steps. */
const CUT_OFF_MS = 120_000

export function verdictOn({ facts, failure }: SharedAnswer): Verdict {
  const findings: Finding[] = failure === null ? [] : [storeFinding(failure)]
  if (facts !== null) {
    findings.push(
      ...(facts.reportStoreFailure === null ? [] : [reportStoreFinding(facts.reportStoreFailure)]),
      ...facts.reports.flatMap((report) => reportFindings(report, facts.at)),
      ...importFindings(facts),
      ...segmentFindings(facts),
    )
  }
  findings.sort((a, b) => Number(a.state === 'late') - Number(b.state === 'late'))
  const state = findings[0]?.state ?? 'good'
  return { state, headline: headlineOf(findings, facts), findings }
}

function headlineOf(findings: readonly Finding[], facts: Facts | null): string {
  const [first, ...others] = findings
  if (first === undefined) return wellText(facts)
  if (others.length === 0) return first.title
  const troubles = findings.filter(({ state }) => state === 'trouble').length
  const late = countText(findings.length - troubles, 'thing is', 'things are')
  if (troubles === 0) return `${late} late.`
  const needs = countText(troubles, 'thing needs', 'things need')
  return troubles === findings.length ? `${needs} a hand.` : `${needs} a hand, ${late} late.`
}

function wellText(facts: Facts | null): string {
  if (facts === null || facts.status.store.events === 0) return 'Ready for the first event.'
  const { length } = facts.reports
  if (length === 0) return 'Events are kept; no report reads them yet.'
  const reports = ['The report is', 'Both reports are'][length - 1] ?? `All ${length} reports are`
  return `${reports} in time, and nothing is half done.`
}

function storeFinding({ message, hints }: Failure): Finding {
  return {
    state: 'trouble',
    title: 'The event store cannot be read.',
    details: [message, ...hints].map(sentence),
    command: null,
  }
}

function reportStoreFinding({ message, hints }: Failure): Finding {
  return {
    state: 'trouble',
    title: 'The report store cannot be read.',
    details: [message, ...hints].map(sentence),
    command: null,
  }
}

/** What is stale does not follow from the log: its numbers are wrong. What is late is only of an earlier time. */
function reportFindings(report: ReportFact, now: string): Finding[] {
  const { name, stale, unreadSince, heldBy } = report
  if (stale.length > 0) {
    return [
      {
        state: 'trouble',
        title: `The report ${name} is stale.`,
        details: stale.map(sentence),
        command: `demetra replay ${shellWord(name)}`,
      },
    ]
  }
  if (!isLate(report, now)) return []
  return [
    {
      state: 'late',
      title: `The report ${name} has not read what came in ${ageText(unreadSince ?? now, now)} ago.`,
      details: heldBy === null ? [] : ['A run is at it.'],
      command: heldBy === null ? `demetra projection ${shellWord(name)}` : null,
    },
  ]
}

/** Whether an event has waited too long for the report. */
export function isLate({ unreadSince }: ReportFact, now: string): boolean {
  return unreadSince !== null && Date.parse(now) - Date.parse(unreadSince) >= IN_TIME_MS
}

function importFindings({ status, at }: Facts): Finding[] {
  return status.unfinishedImports
    .filter(({ heldBy, updatedAt }) => heldBy === null && isCutOff(updatedAt, at))
    .map(({ source, records }) => ({
      state: 'late',
      title: `The import of ${source} was interrupted.`,
      details: [`The command it was begun with goes on after ${countText(records, 'record')}.`],
      command: null,
    }))
}

function segmentFindings({ status, at }: Facts): Finding[] {
  if (status.locks.some(({ name }) => name === ARCHIVE_LEASE)) return []
  const halfDone = status.archive.unfinished.filter(({ changedAt }) => isCutOff(changedAt, at))
  if (halfDone.length === 0) return []
  return [
    {
      state: 'late',
      title: 'A run of the archive was cut off.',
      details: [`It left ${countText(halfDone.length, 'segment')} half done. Nothing is lost.`],
      command: 'demetra archive',
    },
  ]
}

function isCutOff(changedAt: string, now: string): boolean {
  return Date.parse(now) - Date.parse(changedAt) >= CUT_OFF_MS
}

function sentence(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`
}
