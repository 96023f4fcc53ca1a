/**
 * The peer of bench/segment.ts: NDJSON from standard input, JSON.parse of every line, a fold into a Map. Prints what it
 * found and how long it took. Arguments: the one type that is folded, nothing for all; a SQLite file into which the rows
 * are then written, in one transaction and columns as those of our report.
 */
import { DatabaseSync } from 'node:sqlite'
import { foldInto, summary, type FoldedRow } from './fold.ts'

interface Line {
  meta: { type: string; created_at: string; aggregate_id: string }
  payload: object
}

const [, , type = '', path = ''] = process.argv
const startedAt = performance.now()
const rows = new Map<number, FoldedRow>()
let rest = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) {
  const lines = (rest + String(chunk)).split('\n')
  rest = lines.pop() as string
  for (const text of lines) {
    const { meta, payload } = JSON.parse(text) as Line
    if (type === '' || meta.type === type)
      foldInto(rows, meta.aggregate_id, new Date(meta.created_at), payload)
  }
}
if (path !== '') write(path)
console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, ...summary(rows) }))

function write(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('DROP TABLE IF EXISTS report')
  database.exec(
    'CREATE TABLE report (bucket INTEGER PRIMARY KEY, events INTEGER, attempts INTEGER, last TEXT, country TEXT) STRICT, WITHOUT ROWID',
  )
  const insert = database.prepare('INSERT INTO report VALUES (?, ?, ?, ?, ?)')
  database.exec('BEGIN')
  for (const [bucket, { events, attempts, last, country }] of rows)
    insert.run(bucket, events, attempts, last.toISOString(), country)
  database.exec('COMMIT')
  database.close()
}
