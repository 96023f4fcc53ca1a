/**
 * Events that are archived, read through the event log of a SQLite store and its archive in a folder: by the same fold
 * into a Map as the peer, and as a whole replay into a report of 100,000 rows; against `zcat | node` with JSON.parse and
 * the fold, in one thread, without and with its rows written into SQLite. All types, and one that 2 % of the events
 * have. Each in a process of its own, in turn:
 * npm run bench -- archived-replay [EVENTS] [ROUNDS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEventStore } from '../src/event-store/open.ts'
import { openObjectStore } from '../src/object-store/open.ts'
import { TestArchive } from '../test/event-log/test-archive.ts'
import { built } from './support/built.ts'
import { ndjsonLine, RARE_TYPE, writeDumps } from './support/dumps.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 300_000)
const rounds = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const path = (name: string): string => join(folder, name)

writeDumps(count, [{ path: path('events.ndjson'), line: ndjsonLine }])
run([...demetra, 'import', 'events.ndjson', '--store', 'sqlite:events.db', '--quiet'], { cwd: folder })
const store = await openEventStore(`sqlite:${path('events.db')}`)
const archive = await TestArchive.begin(store, await openObjectStore(`file:${path('archive')}`))
const stored = []
for await (const batch of store.read()) stored.push(...batch)
await archive.archive(stored)
await store.close()

const script = built(folder)
function rate(command: string): number {
  const printed = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
  const { seconds, rows, events } = JSON.parse(printed) as { seconds: number; rows: number; events: number }
  console.error(`${command.slice(-60)}: ${rows} rows of ${events} events in ${seconds.toFixed(2)} s`)
  return count / seconds
}

const rates: Record<string, number[]> = {}
for (let round = 0; round < rounds; round += 1) {
  for (const [types, type] of [
    ['all types', ''],
    ['one type of 2 %', RARE_TYPE],
  ] as const) {
    const note = (name: string, command: string, after = ''): void =>
      void (rates[`${name}, ${types}`] ??= []).push(rate(`${command} '${type}' ${after}`))
    note('event log, folded', `${script('replay-archive')} fold`)
    note('replay into a report', `${script('replay-archive')} report`)
    note('zcat | node', `zcat archive/events/*/*.gz | ${script('fold-lines')}`)
    note('zcat | node, rows written', `zcat archive/events/*/*.gz | ${script('fold-lines')}`, 'peer.db')
  }
}
console.log(`${count} events, ${rounds} rounds${' '.repeat(30)}min    median       max`)
for (const [name, values] of Object.entries(rates)) console.log(line(name, values, 'events/s'))
for (const [name, peer] of [
  ['event log, folded, all types', 'zcat | node, all types'],
  ['replay into a report, all types', 'zcat | node, all types'],
  ['replay into a report, all types', 'zcat | node, rows written, all types'],
  ['event log, folded, one type of 2 %', 'zcat | node, all types'],
  ['replay into a report, one type of 2 %', 'zcat | node, all types'],
  ['replay into a report, one type of 2 %', 'zcat | node, rows written, all types'],
] as const) {
  const peers = rates[peer] ?? []
  const ratios = (rates[name] ?? []).map((value, i) => value / (peers[i] ?? NaN))
  console.log(line(`${name} / ${peer}`, ratios, '×', 2))
}
rmSync(folder, { recursive: true })
