/**
 * Ten reports in one pass over the log against one report, each by one `demetra replay` in a process of its own, into
 * SQLite; in turn: npm run bench -- one-pass [EVENTS] [ROUNDS]
 *
 * Ten different ones, as a company has them, against the largest of them (100,000 rows, over all types) and against
 * all ten one by one; and ten times that largest one against one of it, which is the worst case.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))

interface Report {
  events: string
  key: string
  row: string
  at: string
  when: string
}
const ALL = `['*']`
const payments: Report = {
  events: ALL,
  key: '{ bucket: z.int() }',
  row: `{ events: z.int().default(0), attempts: z.int().default(0), last: z.date().optional(), country: z.string().default('') }`,
  at: `{ bucket: Number(meta.aggregate_id.slice('payment/'.length)) % 100_000 }`,
  when: `row.events += 1; row.attempts += payload.attempt; row.last = meta.created_at; row.country = payload.country`,
}
const counter = { row: '{ events: z.int().default(0) }', when: 'row.events += 1' }
const taken = {
  row: `{ taken: decimal(2).default('0') }`,
  when: `row.taken = add(row.taken, payload.amount.split('/')[0])`,
}
const text = (name: string): string => `{ ${name}: z.string() }`
const subscription = { key: text('subscription'), at: '{ subscription: meta.correlation_id }' }
const country = { key: text('country'), at: '{ country: payload.country }' }
const perDay = { key: `{ day: z.iso.date() }`, at: `{ day: day(meta.created_at, 'Europe/Rome') }` }

const different: Record<string, Report> = {
  payments,
  countries: { ...counter, ...country, events: ALL },
  operators: { ...counter, key: text('operator'), at: '{ operator: payload.operator }', events: ALL },
  attempts: { ...counter, key: '{ attempt: z.int() }', at: '{ attempt: payload.attempt }', events: ALL },
  days: { ...counter, ...perDay, events: `['purchase-landed', 'payment-completed']` },
  revenue: { ...taken, ...country, events: `['payment-completed']` },
  'revenue-per-day': { ...taken, ...perDay, events: `['payment-completed']` },
  subscriptions: {
    ...subscription,
    row: '{ active_at: z.date().optional(), renewed_at: z.date().optional(), renewals: z.int().default(0) }',
    when: `if (meta.type === 'subscription-activated') row.active_at = meta.created_at
      else { row.renewed_at = meta.created_at; row.renewals += 1 }`,
    events: `['subscription-activated', 'subscription-renewed']`,
  },
  refunds: { ...taken, ...subscription, events: `['refund-issued']` },
  renewals: { ...counter, ...subscription, events: `['subscription-renewed']` },
}
const same = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`payments-${i}`, payments]))

function project(name: string, reports: Record<string, Report>): string {
  const path = join(folder, name)
  mkdirSync(join(path, 'projections'), { recursive: true })
  for (const [report, { events, key, row, at, when }] of Object.entries(reports)) {
    const code = `import { add, day, decimal, defineProjection } from 'demetra'
import * as z from 'zod'
export default defineProjection({
  version: 1,
  events: ${events},
  key: ${key},
  row: ${row},
  at: ({ meta, payload }: any) => (${at}),
  when: { '*': (row: any, { meta, payload }: any) => { ${when} } },
})
`
    writeFileSync(join(path, 'projections', `${report}.ts`), code)
  }
  return path
}

writeDumps(count, [{ path: join(folder, 'events.ndjson'), line: ndjsonLine }])
run([...demetra, 'import', 'events.ndjson', '--store', 'sqlite:events.db', '--quiet'], { cwd: folder })

const store = `sqlite:${join(folder, 'events.db')}`
function replay(cwd: string, ...names: string[]): number {
  const { seconds } = run([...demetra, 'replay', ...names, '--store', store, '--quiet'], { cwd })
  return seconds
}
const times: Record<string, number[]> = {}
function note(name: string, value: number): number {
  ;(times[name] ??= []).push(value)
  return value
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const [mixed, alike] = [project('different', different), project('same', same)]
for (let round = 0; round < rounds; round += 1) {
  const alone = Object.keys(different).map((name) => note(`${name} alone`, replay(mixed, name)))
  const [largest = 0] = alone
  const together = note('ten different ones in one pass', replay(mixed, '--all'))
  const worst = note('ten times payments in one pass', replay(alike, '--all'))
  note('ten different ones / payments alone', together / largest)
  note('ten different ones / one by one', together / sum(alone))
  note('ten times payments / payments alone', worst / largest)
}
console.log(`${count} events, ${rounds} rounds${' '.repeat(41)}min    median       max`)
for (const [name, values] of Object.entries(times)) {
  console.log(line(name, values, name.includes('/') ? '×' : 's', 2))
}
rmSync(folder, { recursive: true })
