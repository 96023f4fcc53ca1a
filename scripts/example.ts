/**
 * The example of the README: a project made by `demetra init`, a hospital's dump of 15,214 events imported, a report
 * filled from it and shown as a table and as a chart. Everything is done by the commands that it prints.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

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
demetra(['init'], 'ignore')
copyFileSync(join(root, 'fixtures', 'sepsis.csv'), join(project, 'dumps', 'sepsis-whole.csv'))
demetra(['import', ...SEPSIS.flat()])
demetra(['projection', 'hospital-cases'])
demetra(['report', 'hospital-cases', '--limit', '15'])
demetra(['report', 'hospital-cases', '--chart'])

// a Node of the right age may be here alone
const wrapper = `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`
writeFileSync(join(project, 'demetra'), wrapper, { mode: 0o755 })
say(`
The project is in ${relative(process.cwd(), project)}: its files are small, have a look. Next, type

  cd ${relative(process.cwd(), project)}
  ./demetra report hospital-cases --where 'age>=90' --order minutes_to_antibiotics:desc --limit 5
  ./demetra report hospital-cases --chart minutes_to_antibiotics
  ./demetra history case/A
  ./demetra import dumps/purchases.ndjson
  ./demetra projection purchase-funnel
  ./demetra report purchase-funnel
  ./demetra help
`)

/** Shows the command, then runs it; the example ends where one fails. */
function demetra(args: readonly string[], stdout: 'inherit' | 'ignore' = 'inherit'): void {
  say(`\n$ demetra ${args.map(quoted).join(' ')}`)
  const { status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: project,
    stdio: ['inherit', stdout, 'inherit'],
  })
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
