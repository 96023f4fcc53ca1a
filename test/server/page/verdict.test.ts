import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/server/page/facts.ts'
import { verdictOn } from '../../../src/server/page/verdict.ts'
import { ago, cutOff, factsWith, report } from './facts.ts'

const HOUR_MS = 3_600_000
const on = (facts: Facts | null, failure: Parameters<typeof verdictOn>[0]['failure'] = null) =>
  verdictOn({ facts, failure })

describe('the answer to "is all well?"', () => {
  it('is good where reports are in time and nothing is half done', () => {
    expect(on(factsWith())).toEqual({
      state: 'good',
      headline: 'The report is in time, and nothing is half done.',
      findings: [],
    })
  })

  it('is good for an empty store', () => {
    const empty = factsWith({ reports: [] })
    empty.status.store.events = 0
    expect(on(empty)).toMatchObject({ state: 'good', headline: 'Ready for the first event.' })
  })

  it('is good where a report is hours behind in the log by an event that came a moment ago', () => {
    const waits = report({ lagMs: 10 * HOUR_MS, unreadSince: ago(60_000) })
    expect(on(factsWith({ reports: [waits] })).state).toBe('good')
  })

  it('is late where an event has waited for hours, with the command that reads it', () => {
    const waits = report({ lagMs: 2 * HOUR_MS, unreadSince: ago(2 * HOUR_MS) })
    expect(on(factsWith({ reports: [waits] }))).toMatchObject({
      state: 'late',
      headline: 'The report sales has not read what came in 2 h ago.',
      findings: [{ command: 'demetra projection sales' }],
    })
  })

  it('asks for no command where a run is at it', () => {
    const waits = report({ lagMs: 1, unreadSince: ago(2 * HOUR_MS), heldBy: 'worker, process 1, run a' })
    expect(on(factsWith({ reports: [waits] })).findings[0]?.command).toBeNull()
  })

  it('is trouble where a report is stale, which stands before all that is late', () => {
    const late = report({ name: 'a', unreadSince: ago(2 * HOUR_MS) })
    const stale = report({ name: 'it"s odd', stale: ['a backfill came below it'] })
    const { state, headline, findings } = on(factsWith({ reports: [late, stale] }))
    expect({ state, headline }).toEqual({
      state: 'trouble',
      headline: '1 thing needs a hand, 1 thing is late.',
    })
    expect(findings.map(({ command }) => command)).toEqual([
      `demetra replay 'it"s odd'`,
      'demetra projection a',
    ])
  })

  it('is late where an import and a segment were cut off', () => {
    const { state, findings } = on(factsWith({}, cutOff()))
    expect(state).toBe('late')
    expect(findings.map(({ title }) => title)).toEqual([
      'The import of /data/core.csv was interrupted.',
      'A run of the archive was cut off.',
    ])
  })

  it('is good while runs are at what is half done', () => {
    const { archive, unfinishedImports = [] } = cutOff()
    const running = unfinishedImports.map((line) => ({ ...line, heldBy: 'worker, process 1, run a' }))
    const locks = [{ name: 'archive', owner: 'worker, process 2, run b', expiresAt: ago(-30_000) }]
    expect(on(factsWith({}, { archive: archive!, unfinishedImports: running, locks })).state).toBe('good')
  })

  it('is trouble where a store cannot be read, and says what the store says', () => {
    const failure = { message: 'mongodb://db does not answer', hints: ['is `mongod` up?'], sinceMs: 0 }
    expect(on(null, failure)).toMatchObject({ state: 'trouble', headline: 'The event store cannot be read.' })
    const { findings } = on(factsWith({ reports: [], reportStoreFailure: failure }))
    expect(findings[0]?.details).toEqual(['mongodb://db does not answer.', 'is `mongod` up?'])
  })
})
