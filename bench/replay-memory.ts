/**
 * Peak memory of `demetra replay` as the rows of the report grow tenfold, into SQLite: npm run bench -- replay-memory
 * [EVENTS]. Of twenty events nineteen make a row; one comes back to the row halfway to the beginning, which has left memory
 * where not all fit.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ndjsonLine, writeDumps } from './support/dumps.ts'
import { demetra, run } from './support/process.ts'

const small = Number(process.argv[2] ?? 1_050_000)
const PROJECTION = `import { defineProjection } from 'demetra'
import { z } from 'zod'

export default defineProjection({
  version: 1,
  events: ['*'],
  key: { payment: z.string() },
  row: { events: z.int().default(0), country: z.string().default('') },
  at: ({ meta }) => {
    const nth = Number(meta.aggregate_id.slice('payment/'.length)) - 1_000_000
    return { payment: \`payment/\${nth % 20 === 0 ? nth / 2 : nth}\` }
  },
  when: {
    '*': (row, event) => {
      row.events += 1
      row.country = event.payload.country
    },
  },
})
`

const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
try {
  mkdirSync(join(folder, 'projections'))
  writeFileSync(join(folder, 'projections', 'payments.ts'), PROJECTION)
  const peaks: number[] = []
  for (const count of [small, small * 10]) {
    const dump = join(folder, 'events.ndjson')
    writeDumps(count, [{ path: dump, line: ndjsonLine }])
    run([...demetra, 'import', dump, '--json'], { cwd: folder })
    rmSync(dump)
    const replay = run([...demetra, 'replay', 'payments', '--json'], { cwd: folder, peak: true })
    const { result } = JSON.parse(replay.stdout) as { result: { replays: [{ shown: number }] } }
    const peak = (replay.peakBytes ?? 0) / 1024 / 1024
    peaks.push(peak)
    const rate = Math.round(count / replay.seconds)
    console.log(
      `${count} events, ${result.replays[0].shown} rows: peak ${peak.toFixed(0)} MiB, ${rate} events/s`,
    )
    for (const name of ['demetra.db', 'reports.db']) rmSync(join(folder, name), { force: true })
  }
  const [first = 0, second = 0] = peaks
  console.log(`ratio ${(second / first).toFixed(2)} ×`)
} finally {
  rmSync(folder, { recursive: true })
}
