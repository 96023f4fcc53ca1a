/**
 * `demetra import` into SQLite against `sqlite3 .import` into a table with the same columns, indexes and cache,
 * as whole processes in turn on the same machine: npm run bench -- import [EVENTS] [ROUNDS]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PAGE_SIZE_BYTES } from '../src/event-store/sqlite/schema.ts'
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
  db.close()
  // the peer's ids and digests are texts of 16 characters: a STRICT table would not take them
  const sql = rows.map((row) => `${String(row['sql']).replace(/\)\s*STRICT$/, ')')};`)
  return sql.join('\n')
}

const schema = storeSchema()
/** As it comes the peer has pages of 4 KiB; with ours, of 16 KiB, it is faster. */
const PEERS = { 'sqlite3 .import, its own pages': 4096, 'sqlite3 .import, our pages': PAGE_SIZE_BYTES }
const peerSql = (pageSizeBytes: number): string =>
  `PRAGMA page_size = ${pageSizeBytes};
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -131072;
${schema}
.mode csv
.import rows.csv events
`
for (const bytes of Object.values(PEERS)) writeFileSync(path(`peer-${bytes}.sql`), peerSql(bytes))

const rates: Record<string, number[]> = {}
function measure(name: string, command: readonly string[], input?: string): void {
  const { seconds } = run(command, { cwd: folder, ...(input === undefined ? {} : { input }) })
  ;(rates[name] ??= []).push(count / seconds)
}

for (let round = 0; round < rounds; round += 1) {
  for (const name of ['peer.db', 'ndjson.db', 'csv.db']) remove(name)
  for (const [name, bytes] of Object.entries(PEERS)) {
    measure(name, ['sqlite3', '-init', '/dev/null', 'peer.db', `.read peer-${bytes}.sql`])
    remove('peer.db')
  }
  const into = (name: string): string[] => ['--store', `sqlite:${name}`, '--json']
  measure('NDJSON', [...demetra, 'import', 'events.ndjson', ...into('ndjson.db')])
  measure('NDJSON again, all duplicates', [...demetra, 'import', 'events.ndjson', ...into('ndjson.db')])
  measure('CSV', [...demetra, 'import', 'events.csv', '--number', 'payload.attempt', ...into('csv.db')])
}

console.log(`${count} events of 380 bytes, ${rounds} rounds${' '.repeat(28)}min    median       max`)
for (const [name, values] of Object.entries(rates)) console.log(line(name, values, 'events/s'))
const ratio = (name: string, other: string): number[] => {
  const others = rates[other] ?? []
  return (rates[name] ?? []).map((value, i) => value / (others[i] ?? NaN))
}
for (const name of ['NDJSON', 'NDJSON again, all duplicates', 'CSV']) {
  for (const peer of Object.keys(PEERS)) console.log(line(`${name} / ${peer}`, ratio(name, peer), '×', 2))
}
console.log(line('all duplicates / first import', ratio('NDJSON again, all duplicates', 'NDJSON'), '×', 2))
rmSync(folder, { recursive: true })
