/**
 * `demetra import` into SQLite against `sqlite3 .import` into a table with the same columns, indexes and cache,
 * as whole processes in turn on the same machine: npm run bench -- import [EVENTS] [ROUNDS]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CSV_HEADER, csvLine, ndjsonLine, rowLine, writeDumps } from './support/dumps.ts'
import { demetra, line, run } from './support/process.ts'

const count = Number(process.argv[2] ?? 500_000)
const rounds = Number(process.argv[3] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const path = (name: string): string => join(folder, name)
const remove = (name: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path(name + suffix), { force: true })
}

writeDumps(count, [
  { path: path('events.ndjson'), line: ndjsonLine },
  { path: path('events.csv'), line: csvLine, header: CSV_HEADER },
  { path: path('rows.csv'), line: rowLine },
])

/** The table and indexes of a Demetra store, as its own schema says them. */
function storeSchema(): string {
  run([...demetra, 'setup', '--store', 'sqlite:schema.db', '--json'], { cwd: folder })
  const db = new DatabaseSync(path('schema.db'))
  const rows = db.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'events' AND sql IS NOT NULL").all()
  const pageSize = (db.prepare('PRAGMA page_size').get() as { page_size: number }).page_size
  db.close()
  // the peer's ids and digests are texts of 16 characters: a STRICT table would not take them
  const sql = rows.map((row) => `${String(row['sql']).replace(/\)\s*STRICT$/, ')')};`)
  return [`PRAGMA page_size = ${pageSize};`, ...sql].join('\n')
}

writeFileSync(
  path('peer.sql'),
  `${storeSchema()}
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -262144;
.mode csv
.import rows.csv events
`,
)

const rates: Record<string, number[]> = {}
function measure(name: string, command: readonly string[], input?: string): void {
  const { seconds } = run(command, { cwd: folder, ...(input === undefined ? {} : { input }) })
  ;(rates[name] ??= []).push(count / seconds)
}

for (let round = 0; round < rounds; round += 1) {
  for (const name of ['peer.db', 'ndjson.db', 'csv.db']) remove(name)
  measure('sqlite3 .import', ['sqlite3', '-init', '/dev/null', 'peer.db', '.read peer.sql'])
  measure('demetra import, NDJSON', [
    ...demetra,
    'import',
    'events.ndjson',
    '--store',
    'sqlite:ndjson.db',
    '--json',
  ])
  measure('demetra import, CSV', [
    ...demetra,
    'import',
    'events.csv',
    '--number',
    'payload.attempt',
    '--store',
    'sqlite:csv.db',
    '--json',
  ])
  measure('demetra import, NDJSON again (all duplicates)', [
    ...demetra,
    'import',
    'events.ndjson',
    '--store',
    'sqlite:ndjson.db',
    '--json',
  ])
}

console.log(`${count} events of 380 bytes, ${rounds} rounds${' '.repeat(28)}min    median       max`)
for (const [name, values] of Object.entries(rates)) console.log(line(name, values, 'events/s'))
const peer = rates['sqlite3 .import'] as number[]
const first = rates['demetra import, NDJSON'] as number[]
for (const [name, values] of Object.entries(rates).slice(1)) {
  console.log(
    line(
      `${name} / sqlite3 .import`,
      values.map((value, i) => value / (peer[i] as number)),
      '×',
      2,
    ),
  )
}
const again = rates['demetra import, NDJSON again (all duplicates)'] as number[]
console.log(
  line(
    'all duplicates / first import',
    again.map((value, i) => value / (first[i] as number)),
    '×',
    2,
  ),
)
rmSync(folder, { recursive: true })
