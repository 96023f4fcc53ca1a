/**
 * A replay of a report with 100,000 rows against a plain scan of the same store: every event read, decoded and folded
 * into a Map, and nothing written. In turn, in one process: npm run bench -- replay [EVENTS] [ROUNDS] [REPORTS…]
 *
 * REPORTS are URLs of report stores; a SQLite file of its own is always measured.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { EventReader } from '../src/event/domain-event.ts'
import { openEventStore } from '../src/event-store/open.ts'
import { defineProjection } from '../src/index.ts'
import { runReplay } from '../src/projection/replay.ts'
import { openReportStore } from '../src/report-store/open.ts'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const rounds = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const path = (name: string): string => join(folder, name)
const reports = [`sqlite:${path('reports.db')}`, ...process.argv.slice(4)]
const ROWS = 100_000

writeDumps(count, [{ path: path('events.ndjson'), line: ndjsonLine }])
run([...demetra, 'import', 'events.ndjson', '--store', 'sqlite:events.db', '--quiet'], { cwd: folder })
const eventStore = await openEventStore(`sqlite:${path('events.db')}`)

const bucket = (aggregate: string): number => Number(aggregate.slice('payment/'.length)) % ROWS
const shape = {
  version: 1,
  key: { bucket: z.int() },
  row: {
    events: z.int().default(0),
    attempts: z.int().default(0),
    last: z.date().optional(),
    country: z.string().default(''),
  },
  at: (event: { meta: { aggregate_id: string } }) => ({ bucket: bucket(event.meta.aggregate_id) }),
}
interface Row {
  events: number
  attempts: number
  last?: Date | undefined
  country: string
}
const apply = (row: Row, event: { meta: { created_at: Date }; payload: Record<string, unknown> }): void => {
  row.events += 1
  row.attempts += event.payload['attempt'] as number
  row.last = event.meta.created_at
  row.country = event.payload['country'] as string
}
const all = defineProjection({
  ...shape,
  events: ['*'],
  when: { '*': (row, event) => apply(row as Row, event as never) },
})
/** A fifth of the events. */
const one = defineProjection({
  ...shape,
  events: ['refund-issued'],
  when: { 'refund-issued': (row, event) => apply(row as Row, event as never) },
})

async function scan(): Promise<number> {
  const reader = new EventReader([])
  const rows = new Map<number, Row>()
  let events = 0
  const startedAt = performance.now()
  for await (const batch of eventStore.read({ batchEvents: 5000 })) {
    for (const stored of batch) {
      const event = reader.read(stored)
      const key = bucket(event.meta.aggregate_id)
      let row = rows.get(key)
      if (row === undefined) {
        row = { events: 0, attempts: 0, country: '' }
        rows.set(key, row)
      }
      apply(row, event)
      events += 1
    }
  }
  return events / ((performance.now() - startedAt) / 1000)
}

const rates: Record<string, number[]> = {}
const note = (name: string, rate: number): void => void (rates[name] ??= []).push(rate)
for (let round = 0; round < rounds; round += 1) {
  note('plain scan, decoded and folded', await scan())
  for (const url of reports) {
    const reportStore = await openReportStore(url)
    const kind = url.slice(0, url.indexOf(':'))
    for (const [name, definition] of [
      ['all types', all],
      ['one type of five', one],
    ] as const) {
      const startedAt = performance.now()
      await runReplay({ name: `bench-${name.replaceAll(' ', '-')}`, definition, eventStore, reportStore })
      note(`replay into ${kind}, ${name}`, count / ((performance.now() - startedAt) / 1000))
    }
    await reportStore.close()
  }
}
await eventStore.close()
console.log(`${count} events, ${ROWS} rows, ${rounds} rounds${' '.repeat(30)}min    median       max`)
for (const [name, values] of Object.entries(rates)) console.log(line(name, values, 'events/s'))
const plain = rates['plain scan, decoded and folded'] ?? []
for (const [name, values] of Object.entries(rates).slice(1)) {
  console.log(
    line(
      `${name} / plain scan`,
      values.map((value, i) => value / (plain[i] ?? NaN)),
      '×',
      2,
    ),
  )
}
rmSync(folder, { recursive: true })
