import { describe, expect, it } from 'vitest'
import { niceCeiling } from '../../../src/server/page/bar-chart.ts'
import { dayBars } from '../../../src/server/page/charts-section.ts'
import { html } from '../../../src/server/page/html.ts'
import { statusPage } from '../../../src/server/page/page.ts'
import { ago, AT, factsWith, report } from './facts.ts'

const pageOf = (facts: ReturnType<typeof factsWith>): string =>
  statusPage({ answer: { facts, failure: null }, storeUrl: 'sqlite:/x/demetra.db' }).toString()

describe('html', () => {
  it('escapes whatever is put in, in lists too, but for what is HTML already', () => {
    const inner = html`<b title="${`"'`}">${'<&>'}</b>`
    expect(html`<p>${[inner, '<i>', 1]}${null}${undefined}</p>`.toString()).toBe(
      '<p><b title="&quot;&#39;">&lt;&amp;&gt;</b>&lt;i&gt;1</p>',
    )
  })
})

describe('the status page', () => {
  it('shows names out of the store as they are, whatever they look like', () => {
    const odd = `<script>alert(1)</script>" onload='x' \u0007`
    const page = pageOf(
      factsWith(
        { reports: [report({ name: odd, stale: [odd] })] },
        {
          types: [{ type: odd, events: 3, firstDay: '2026-11-24', lastDay: '2026-11-24' }],
          locks: [{ name: odd, owner: odd, expiresAt: ago(-1000) }],
          readers: [{ reportStore: odd, name: odd, generation: 1, heardAt: ago(1000) }],
        },
      ),
    )
    expect(page.match(/<script/gu)).toHaveLength(1)
    expect(page).not.toContain('\u0007')
    expect(page).toContain(String.raw`&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; \u0007`)
  })

  it('holds nothing that its Content-Security-Policy would stop', () => {
    const page = pageOf(factsWith())
    expect(page).not.toMatch(/<style| style=| on[a-z]+=|https?:\/\//u)
  })

  it('has the numbers of each chart in a table beside it', () => {
    const minutes = [1234, 0, null].map((events, i) => ({ minuteMs: Date.parse(AT) + i * 60_000, events }))
    const page = pageOf(factsWith({ minutes })).replaceAll(/\s+/gu, ' ')
    expect(page).toContain('<th scope="row">18:51</th> <td class="number">1,234</td>')
    expect(page).toContain('<td class="number">not counted yet</td>')
    expect(page).toMatch(/<svg role="img" aria-labelledby="minutes-title minutes-text"/u)
  })

  it('folds many types and reports, but for reports that need a hand', () => {
    const types = Array.from({ length: 500 }, (_, i) => ({
      type: `type-${i}`,
      events: 500 - i,
      firstDay: '2026-01-01',
      lastDay: '2026-11-24',
    }))
    const reports = Array.from({ length: 40 }, (_, i) =>
      report({ name: `report-${i}`, stale: i === 39 ? ['a backfill'] : [] }),
    )
    const page = pageOf(factsWith({ reports }, { types }))
    expect(page).toContain('488 more types')
    expect(page).toContain('20 more reports, all in time')
    expect(page.indexOf('<bdi>report-39</bdi>')).toBeLessThan(page.indexOf('<bdi>report-0</bdi>'))
    expect(page.indexOf('<bdi>report-2</bdi>')).toBeLessThan(page.indexOf('<bdi>report-10</bdi>'))
  })
})

it('so many things that are late take no more room than a few', () => {
  const reports = Array.from({ length: 40 }, (_, i) =>
    report({ name: `report-${i}`, unreadSince: ago(8_000_000) }),
  )
  const page = pageOf(factsWith({ reports })).replaceAll(/\s+/gu, ' ')
  expect(page).toContain('40 things are late.')
  expect(page).toContain('<details id="findings-more"> <summary>34 more</summary>')
})

it('what the charts leave out is said beside them', () => {
  const { archive } = factsWith().status
  const page = pageOf(factsWith({}, { archive: { ...archive, segments: 1, to: AT, from: AT } }))
  expect(page).toContain('Events of this hour that are archived already are not counted by minute.')
  expect(pageOf(factsWith())).not.toContain('<p class="note">Events of this hour')
})

describe('the days', () => {
  const days = (...list: [day: string, events: number][]) =>
    dayBars(factsWith({}, { days: list.map(([day, events]) => ({ day, type: 'paid', events })) }))

  it('are thirty up to today, where something happened in them', () => {
    const bars = days(['2026-11-20', 7], ['2026-11-20', 1])
    expect(bars).toHaveLength(30)
    expect(bars.at(-1)).toEqual({ label: '2026-11-24', events: 0, isOpen: true })
    expect(bars.find(({ label }) => label === '2026-11-20')?.events).toBe(8)
  })

  it('end with the newest day, where all happened long ago', () => {
    expect(days(['1969-12-31', 2]).at(-1)).toEqual({ label: '1969-12-31', events: 2, isOpen: false })
  })

  it('are not led astray by a clock that was years ahead', () => {
    expect(days(['2099-01-01', 1], ['2026-11-23', 2]).at(-2)).toMatchObject({ events: 2 })
  })

  it('leave out the oldest day that the store may have told in part', () => {
    const list = Array.from({ length: 1000 }, (_, i): [string, number] => [
      `2026-11-${24 - Math.floor(i / 400)}`,
      1,
    ])
    expect(days(...list).map(({ label, events }) => [label, events])).toEqual([
      ['2026-11-23', 400],
      ['2026-11-24', 400],
    ])
  })
})

describe('the top of a chart', () => {
  it.each([
    [0, 1],
    [1, 1],
    [3, 3],
    [11, 12],
    [1201, 1600],
    [81_000, 100_000],
  ])('for %d is %d', (value, ceiling) => {
    expect(niceCeiling(value)).toBe(ceiling)
  })
})
