/**
 * The peer of bench/segment.ts: NDJSON from standard input, JSON.parse of every line, a fold into a Map. Prints what it
 * found and how long it took. Argument: the one type that is folded; without it, all are.
 */
import { foldInto, summary, type FoldedRow } from './fold.ts'

interface Line {
  meta: { type: string; created_at: string; aggregate_id: string }
  payload: object
}

const type = process.argv[2]
const startedAt = performance.now()
const rows = new Map<number, FoldedRow>()
let rest = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) {
  const lines = (rest + String(chunk)).split('\n')
  rest = lines.pop() as string
  for (const text of lines) {
    const { meta, payload } = JSON.parse(text) as Line
    if (type === undefined || meta.type === type)
      foldInto(rows, meta.aggregate_id, new Date(meta.created_at), payload)
  }
}
console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, ...summary(rows) }))
