/**
 * `demetra projection NAME` with nothing to do against a bare `node -e 0`, as whole processes in turn:
 * npm run bench -- start-up [PAIRS]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demetra, line, run } from './support/process.ts'

const pairs = Number(process.argv[2] ?? 21)
const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
const cwd = { cwd: folder }
run([...demetra, 'init'], cwd)
run([...demetra, 'import', 'dumps/purchases.ndjson', '--quiet'], cwd)
const projection = [...demetra, 'projection', 'purchase-funnel', '--quiet']
run(projection, cwd)

const bare: number[] = []
const ours: number[] = []
for (let pair = 0; pair < pairs; pair += 1) {
  bare.push(run([process.execPath, '-e', '0'], cwd).seconds * 1000)
  ours.push(run(projection, cwd).seconds * 1000)
}
console.log(`${pairs} pairs${' '.repeat(51)}min    median       max`)
console.log(line('node -e 0', bare, 'ms', 1))
console.log(line('demetra projection NAME, nothing to do', ours, 'ms', 1))
console.log(
  line(
    'ratio, pair by pair',
    ours.map((ms, i) => ms / (bare[i] as number)),
    '×',
    2,
  ),
)
rmSync(folder, { recursive: true })
