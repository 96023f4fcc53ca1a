/**
 * Peak memory of `demetra import` as the source grows fourfold, for NDJSON, CSV with derived ids, and a JSON
 * array: npm run bench -- import-memory [EVENTS] [sqlite|mongodb]. With mongodb, into a mongod of its own whose
 * memory does not count.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrayLine, CSV_HEADER, csvLine, ndjsonLine, writeDumps } from './support/dumps.ts'
import { MongoServer } from './support/mongo-server.ts'
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

/** An import of the file into a store that is not there yet. */
async function measure(file: string, flags: readonly string[], server: MongoServer | null): Promise<void> {
  const store = server?.url('import_memory') ?? 'sqlite:store.db'
  const command = [...demetra, 'import', file, ...flags, '--store', store, '--json']
  const { peakBytes } = run(command, { cwd: folder, peak: true })
  ;(peaks[`${file}${flags.length > 0 ? ', mapped, ids derived' : ''}`] ??= []).push(
    (peakBytes ?? 0) / 1024 / 1024,
  )
  await server?.drop('import_memory')
  rmSync(path('store.db'), { force: true })
}

async function measureAll(server: MongoServer | null): Promise<void> {
  for (const count of [small, small * 4]) {
    writeDumps(count, [
      { path: path('events.ndjson'), line: ndjsonLine },
      { path: path('events.csv'), line: csvLine, header: CSV_HEADER },
      { path: path('events.json'), line: arrayLine, header: '[', footer: '\n]\n' },
    ])
    await measure('events.ndjson', [], server)
    await measure('events.csv', [], server)
    await measure('events.csv', MAPPING, server)
    await measure('events.json', [], server)
  }
}

function report(): void {
  console.log(`peak memory in MiB at ${small} and ${small * 4} events, and their ratio`)
  for (const [name, [first = 0, second = 0]] of Object.entries(peaks)) {
    console.log(
      `${name.padEnd(40)} ${first.toFixed(0).padStart(8)} ${second.toFixed(0).padStart(8)} ${(second / first).toFixed(2).padStart(8)} ×`,
    )
  }
}

const server = process.argv[3] === 'mongodb' ? await MongoServer.start() : null
try {
  if (process.argv[3] === 'mongodb' && server === null) {
    process.exitCode = 1
  } else {
    await measureAll(server)
    report()
  }
} finally {
  await server?.stop()
  rmSync(folder, { recursive: true })
}
