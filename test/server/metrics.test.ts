import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventStore } from '../../src/event-store/event-store.ts'
import { ROOT, temporaryFolder } from '../cli/demetra.ts'
import { describeWithPrometheus, prometheus } from '../servers/describe-with-prometheus.ts'
import { until } from '../servers/poll.ts'
import { startPrometheus } from '../servers/start-prometheus.ts'
import { plainLine } from '../support/events.ts'
import { runningServer, type TestServer } from './running-server.ts'

const GUIDE = readFileSync(join(ROOT, 'docs', 'service.md'), 'utf8')
/** The rules of the guide, as they are to be copied. */
const RULES = /```yaml\n(groups:\n[\s\S]*?)```/u.exec(GUIDE)?.[1] ?? ''

interface Alarm {
  alertname: string
  at: string
  series: Record<string, string>
  /** Labels and summary of the alert that fires; null: none does. */
  fires: { labels: object; summary: string } | null
}

/** For `promtool test rules`: what is measured, and which alert fires. */
const alarm = ({ alertname, at, series, fires }: Alarm): object => ({
  interval: '5m',
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
  alert_rule_test: [
    {
      eval_time: at,
      alertname,
      exp_alerts:
        fires === null
          ? []
          : [{ exp_labels: { instance: 'a', ...fires.labels }, exp_annotations: { summary: fires.summary } }],
    },
  ],
})
const unfinished = (locks: number): Record<string, string> => ({
  'demetra_archive_unfinished_segments{instance="a"}': '1x400',
  'demetra_locks{instance="a",kind="archive"}': `${locks}x400`,
})
const ALARMS = [
  alarm({
    alertname: 'DemetraStoreDown',
    at: '15m',
    series: { 'demetra_store_up{instance="a"}': '1 0x10' },
    fires: {
      labels: { severity: 'page' },
      summary: 'a has no event store: events are answered with 503',
    },
  }),
  alarm({
    alertname: 'DemetraCommitsFail',
    at: '30m',
    series: { 'demetra_group_commit_failures_total{instance="a"}': '0+1x20' },
    fires: {
      labels: { severity: 'page' },
      summary: 'The event store takes no events from a; its log says why',
    },
  }),
  alarm({
    alertname: 'DemetraReportBehind',
    at: '90m',
    series: { 'demetra_report_lag_seconds{instance="a",report="funnel"}': '7200x100' },
    fires: {
      labels: { severity: 'ticket', report: 'funnel' },
      summary: 'The report funnel is 2h 0m 0s behind: does its cron run?',
    },
  }),
  alarm({
    alertname: 'DemetraArchiveUnfinished',
    at: '26h',
    series: unfinished(0),
    fires: {
      labels: { severity: 'ticket' },
      summary: 'A run of demetra archive was cut off, and none has finished what it began',
    },
  }),
  alarm({ alertname: 'DemetraArchiveUnfinished', at: '26h', series: unfinished(1), fires: null }),
]

let server: TestServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.stop())

async function post(body: string, token = 'core', type = 'application/json'): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': type }
  const response = await fetch(`${server.url}/events`, { method: 'POST', headers, body })
  await response.text()
  return response.status
}
async function scrape(of = server): Promise<string> {
  const response = await fetch(`${of.url}/metrics`, { headers: { authorization: 'Bearer reader' } })
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return response.text()
}
/** Of one sample, as it stands in the text. */
const valueOf = (text: string, sample: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}

test('who may not read everything is refused', async () => {
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${server.url}/metrics`, { headers })).status
  expect(await status({})).toBe(401)
  expect(await status({ authorization: 'Bearer core' })).toBe(403)
})

test('what producers were told is counted, and what became of their events', async () => {
  const before = await scrape()
  expect(valueOf(before, 'demetra_events_total{outcome="stored"}')).toBe(0)
  const answers = [
    await post(plainLine(1)),
    await post(plainLine(2)),
    await post(plainLine(1)),
    await post(plainLine(1, { n: 'other' })),
    await post('{}'),
    await post(plainLine(3), 'nobody'),
    await post(`${plainLine(4)}\n{}\n${plainLine(5)}\n`, 'core', 'application/x-ndjson'),
  ]
  expect(answers).toEqual([200, 200, 409, 422, 400, 401, 207])
  const text = await scrape()
  const counts: Record<string, number> = {
    'demetra_events_total{outcome="stored"}': 4,
    'demetra_events_total{outcome="duplicate"}': 1,
    'demetra_events_total{outcome="conflict"}': 1,
    'demetra_events_total{outcome="refused"}': 2,
    'demetra_http_requests_total{route="/events",method="POST",status="207"}': 1,
    'demetra_http_requests_total{route="/events",method="POST",status="200"}': 2,
    'demetra_http_requests_total{route="/events",method="POST",status="409"}': 1,
    'demetra_http_requests_total{route="/events",method="POST",status="401"}': 1,
    'demetra_http_request_duration_seconds_count{route="/events"}': 7,
    demetra_group_commit_events_count: 5,
    demetra_group_commit_events_sum: 6,
    'demetra_group_commit_events_bucket{le="1"}': 4,
    'demetra_group_commit_events_bucket{le="2"}': 5,
    demetra_group_commit_duration_seconds_count: 5,
    demetra_group_commit_failures_total: 0,
    demetra_queue_events: 0,
    demetra_store_up: 1,
    demetra_report_store_up: 1,
    demetra_archive_segments: 0,
    'demetra_locks{kind="archive"}': 0,
    demetra_log_stable_lag_seconds: 0,
  }
  const found = Object.fromEntries(Object.keys(counts).map((sample) => [sample, valueOf(text, sample)]))
  expect(found).toEqual(counts)
  expect(valueOf(text, 'demetra_refusals_total{code="DEMETRA_TOKEN"}')).toBeGreaterThanOrEqual(1)
  expect(text).toContain(`demetra_build_info{version="0.1.0",node="${process.version}"} 1`)
})

test('labels hold nothing that a client can choose, so that there is an end to them', async () => {
  const headers = { authorization: 'Bearer reader' }
  for (let n = 0; n < 20; n += 1) {
    await fetch(`${server.url}/nowhere/${n}?x=${n}`, { headers })
    await fetch(`${server.url}/nowhere/${n}`, { headers, method: 'DELETE' })
  }
  const text = await scrape()
  expect(text.split('\n').filter((line) => line.includes('route="none"') && line.includes('_total'))).toEqual(
    [
      'demetra_http_requests_total{route="none",method="GET",status="404"} 20',
      'demetra_http_requests_total{route="none",method="DELETE",status="404"} 20',
    ],
  )
  expect(text).not.toContain('nowhere')
})

test('a store that is asked for everything is asked once in a few seconds, however often it is scraped', async () => {
  let asked = 0
  const own = await runningServer()
  try {
    const { store } = own
    const statistics = store.statistics.bind(store)
    store.statistics = (): ReturnType<EventStore['statistics']> => {
      asked += 1
      return statistics()
    }
    await Promise.all(Array.from({ length: 40 }, () => scrape(own)))
    expect(asked).toBe(1)
    expect(valueOf(await scrape(own), 'demetra_store_events')).toBe(0)
  } finally {
    await own.stop()
  }
})

test('where the store fails there is an answer all the same, which says so', async () => {
  const own = await runningServer()
  try {
    own.store.statistics = () => Promise.reject(new Error('gone'))
    const text = await scrape(own)
    expect(valueOf(text, 'demetra_store_up')).toBe(0)
    expect(valueOf(text, 'demetra_store_events')).toBeUndefined()
    expect(valueOf(text, 'demetra_group_commit_failures_total')).toBe(0)
  } finally {
    await own.stop()
  }
})

describe('the guide to the service', () => {
  test('names no metric that there is not, and all that there are', async () => {
    const text = await scrape()
    const families = [...text.matchAll(/^# TYPE (\S+) /gmu)].map(([, name]) => name as string)
    const named = [...new Set(GUIDE.match(/\b(?:demetra|process)_[a-z_]+\b/gu))]
    const base = (name: string): string =>
      families.includes(name) ? name : name.replace(/_(?:bucket|sum|count)$/u, '')
    expect(named.map(base).filter((name) => !families.includes(name))).toEqual([])
    expect(families.filter((name) => !named.includes(name))).toEqual([])
  })
})

describeWithPrometheus('Prometheus', () => {
  test('finds nothing to criticise in the metrics', async () => {
    const { status, stderr, stdout } = spawnSync(prometheus!.promtool, ['check', 'metrics'], {
      input: await scrape(),
      encoding: 'utf8',
    })
    expect({ status, said: stderr + stdout }).toEqual({ status: 0, said: '' })
  })

  test('understands the rules of the guide, and would fire the ones that it should', () => {
    using folder = temporaryFolder()
    const rules = join(folder.path, 'rules.yml')
    const tests = join(folder.path, 'tests.yml')
    writeFileSync(rules, RULES)
    writeFileSync(tests, JSON.stringify({ rule_files: [rules], evaluation_interval: '5m', tests: ALARMS }))
    for (const args of [
      ['check', 'rules', rules],
      ['test', 'rules', tests],
    ]) {
      const { stdout, stderr } = spawnSync(prometheus!.promtool, args, { encoding: 'utf8' })
      expect(stdout + stderr).toMatch(/SUCCESS/u)
      expect(stdout + stderr).not.toMatch(/FAILED/u)
    }
  })

  test('scrapes the server with a token, and evaluates the rules', async () => {
    await post(plainLine(9))
    const running = await startPrometheus(server.url.replace('http://', ''), 'reader', RULES)
    try {
      const value = await until('Prometheus has scraped', async () => {
        const data = (await running.ask('query?query=demetra_store_events')) as {
          result: { value: [number, string] }[]
        }
        return data.result[0]?.value[1]
      })
      expect(Number(value)).toBeGreaterThanOrEqual(1)
      const { groups } = await until('the rules are evaluated', async () => {
        const data = (await running.ask('rules')) as {
          groups: { rules: { name: string; health: string; state: string; lastError?: string }[] }[]
        }
        const isDone = data.groups.every(({ rules }) => rules.every(({ health }) => health !== 'unknown'))
        return isDone && data
      })
      const rules = groups.flatMap((group) => group.rules)
      expect(rules.length).toBeGreaterThan(5)
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
      expect(rules.filter(({ state }) => state === 'firing')).toEqual([])
    } finally {
      await running.stop()
    }
  })
})
