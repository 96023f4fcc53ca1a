/**
 * The example of the README: a project made by `demetra init`, a hospital's dump of 15,214 events imported, a report
 * filled from it and shown as a table and as a chart. Everything is done by the commands that it prints.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = dirname(import.meta.dirname)
const project = resolve(process.argv[2] ?? join(root, 'example'))
const bin = join(root, 'bin', 'run.js')

const SEPSIS = [
  ['dumps/sepsis-whole.csv', '--delimiter', ';', '--service', 'hospital'],
  ['--type', '{Activity}', '--aggregate', 'case/{Case ID}'],
  ['--created-at', '{Complete Timestamp}', '--date-format', 'yyyy/MM/dd HH:mm:ss.SSS'],
  ['--timezone', 'Europe/Amsterdam'],
]

mkdirSync(project, { recursive: true })
demetra(['init'])
copyFileSync(join(root, 'fixtures', 'sepsis.csv'), join(project, 'dumps', 'sepsis-whole.csv'))
demetra(['import', ...SEPSIS.flat()])
demetra(['projection', 'hospital-cases'])
demetra(['report', 'hospital-cases', '--limit', '15'])
demetra(['report', 'hospital-cases', '--chart'])
say(`
The project is in ${project}. Next, there:

  npx demetra report hospital-cases --where age>=80 --order age:desc --limit 10
  npx demetra history case/A
  npx demetra import dumps/purchases.ndjson
  npx demetra projection purchase-funnel
  npx demetra report purchase-funnel --chart
`)

/** Shows the command, then runs it; the example ends where one fails. */
function demetra(args: readonly string[]): void {
  say(`\n$ demetra ${args.map(quoted).join(' ')}`)
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd: project, stdio: 'inherit' })
  if (status !== 0) {
    process.exitCode = status ?? 1
    throw new Error(`demetra ${args[0]} ended with ${status}`)
  }
}

function quoted(word: string): string {
  return /^[\w./:=-]+$/u.test(word) ? word : `'${word}'`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
