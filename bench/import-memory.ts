/**
 * Peak memory of `demetra import` as the source grows fourfold, for NDJSON, CSV with derived ids, and a JSON
 * array: npm run bench -- import-memory [EVENTS]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrayLine, CSV_HEADER, csvLine, ndjsonLine, writeDumps } from './support/dumps.ts'
import { demetra, run } from './support/process.ts'

const small = Number(process.argv[2] ?? 500_000)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const path = (name: string): string => join(folder, name)
const MAPPING = [
  '--service',
  '{meta.service}',
  '--type',
  '{meta.type}',
  '--aggregate',
  '{meta.aggregate_id}',
  '--created-at',
  '{meta.created_at}',
]

const peaks: Record<string, number[]> = {}
for (const count of [small, small * 4]) {
  writeDumps(count, [
    { path: path('events.ndjson'), line: ndjsonLine },
    { path: path('events.csv'), line: csvLine, header: CSV_HEADER },
    { path: path('events.json'), line: arrayLine, header: '[', footer: '\n]\n' },
  ])
  for (const [file, flags] of [
    ['events.ndjson', []],
    ['events.csv', []],
    ['events.csv', MAPPING],
    ['events.json', []],
  ] as const) {
    rmSync(path('store.db'), { force: true })
    const { peakBytes } = run(
      [...demetra, 'import', file, ...flags, '--store', 'sqlite:store.db', '--json'],
      { cwd: folder, peak: true },
    )
    ;(peaks[`${file}${flags.length > 0 ? ', mapped, ids derived' : ''}`] ??= []).push(
      (peakBytes ?? 0) / 1024 / 1024,
    )
  }
}
console.log(`peak memory in MiB at ${small} and ${small * 4} events, and their ratio`)
for (const [name, [first = 0, second = 0]] of Object.entries(peaks)) {
  console.log(
    `${name.padEnd(40)} ${first.toFixed(0).padStart(8)} ${second.toFixed(0).padStart(8)} ${(second / first).toFixed(2).padStart(8)} ×`,
  )
}
rmSync(folder, { recursive: true })
