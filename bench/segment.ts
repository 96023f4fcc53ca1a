/**
 * Segments of the archive: written, against `gzip -6` of the same text; read and folded into a report of 100,000 rows,
 * as projections see events, against `zcat | node` with JSON.parse and the same fold. All types, and one that 2 % of
 * the events have. In turn: npm run bench -- segment [EVENTS] [ROUNDS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatEventLine } from '../src/event/event-line.ts'
import type { StoredEvent } from '../src/event/event.ts'
import { backfillPosition } from '../src/event/position.ts'
import { readEvent } from '../src/event/read-event.ts'
import type { Manifest } from '../src/segment/manifest.ts'
import { formatManifest } from '../src/segment/manifest-json.ts'
import { SegmentWriter } from '../src/segment/segment-writer.ts'
import { built } from './support/built.ts'
import { events, ndjsonLine, RARE_TYPE } from './support/dumps.ts'
import type { summary } from './support/fold.ts'
import { line } from './support/process.ts'

const count = Number(process.argv[2] ?? 300_000)
const rounds = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const path = (name: string): string => join(folder, name)
const receivedAt = Date.UTC(2026, 0, 1)

const stored: StoredEvent[] = []
for (const event of events(count)) {
  const read = readEvent(ndjsonLine(event).trimEnd(), { receivedAt })
  stored.push({ ...read, position: backfillPosition(read.createdAt, stored.length + 1) })
}
const text = Buffer.concat(stored.map((event) => Buffer.from(`${formatEventLine(event, true)}\n`)))
writeFileSync(path('text'), text)

const rates: Record<string, number[]> = {}
const note = (name: string, rate: number): void => void (rates[name] ??= []).push(rate)
const seconds = (since: number): number => (performance.now() - since) / 1000

let manifests: Manifest[] = []
async function write(): Promise<void> {
  manifests = []
  for (let at = 0; at < stored.length;) {
    const writer = new SegmentWriter(manifests.length + 1)
    for (;;) {
      const batch = stored.slice(at, at + 1000)
      const taken = await writer.add(batch)
      at += taken
      if (taken < batch.length || at === stored.length) break
    }
    const { body, manifest } = await writer.finish()
    writeFileSync(path(`${manifest.number}.gz`), Buffer.concat(body))
    writeFileSync(path(`${manifest.number}.json`), formatManifest(manifest))
    manifests.push(manifest)
  }
}

const support = built(folder)
const zcat = (type = ''): number => measured(`zcat ${names('gz')} | ${support('fold-lines')} ${type}`)
const replay = (type = ''): number => measured(`${support('replay-segments')} ${manifests.length} ${type}`)
const names = (ending: string): string => manifests.map(({ number }) => `${number}.${ending}`).join(' ')

/** Each in a process of its own, from its first line on. */
function measured(command: string): number {
  const printed = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
  const { seconds: elapsed, ...result } = JSON.parse(printed) as { seconds: number } & ReturnType<
    typeof summary
  >
  check(result)
  return count / elapsed
}

/** Whoever reads them, the events are the same. */
const found = new Map<number, string>()
function check(result: ReturnType<typeof summary>): void {
  const known = found.get(result.events) ?? JSON.stringify(result)
  found.set(result.events, known)
  if (found.size > 2 || known !== JSON.stringify(result))
    throw new Error(`${JSON.stringify(result)}, but another found ${known}`)
}

for (let round = 0; round < rounds; round += 1) {
  let startedAt = performance.now()
  await write()
  note('written as segments', text.length / 1e6 / seconds(startedAt))
  startedAt = performance.now()
  execFileSync('sh', ['-c', 'gzip -6 < text > text.gz'], { cwd: folder })
  note('gzip -6', text.length / 1e6 / seconds(startedAt))
  note('replay, all types', replay())
  note('zcat | node, all types', zcat())
  note('replay, one type of 2 %', replay(RARE_TYPE))
  note('zcat | node, one type of 2 %', zcat(RARE_TYPE))
}
const gzipBytes = manifests.reduce((sum, manifest) => sum + manifest.gzipBytes, 0)
const ratio = (bytes: number): string => (text.length / bytes).toFixed(2)
console.log(
  `${count} events, ${(text.length / 1e6).toFixed(0)} MB; compressed ${ratio(gzipBytes)} times, by gzip -6 ` +
    `${ratio(statSync(path('text.gz')).size)} times; ${rounds} rounds      min    median       max`,
)
for (const [name, values] of Object.entries(rates))
  console.log(line(name, values, /gzip|written/.test(name) ? 'MB/s' : 'events/s'))
const over = (ours: string, theirs: string, name = `${ours} / ${theirs}`): void => {
  const peers = rates[theirs] ?? []
  console.log(
    line(
      name,
      (rates[ours] ?? []).map((value, i) => value / (peers[i] ?? NaN)),
      '×',
      2,
    ),
  )
}
over('written as segments', 'gzip -6')
over('replay, all types', 'zcat | node, all types')
over('replay, one type of 2 %', 'zcat | node, one type of 2 %')
over('replay, one type of 2 %', 'zcat | node, all types')
rmSync(folder, { recursive: true })
