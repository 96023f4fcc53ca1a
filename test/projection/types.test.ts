import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const EXPECTED = /^\s*\/\/ @ts-expect-error (.+)$/u

/** The lines of `code` about which the compiler complains. */
function complaints(code: string): Set<number> {
  const folder = mkdtempSync(join(tmpdir(), 'demetra-types-'))
  try {
    writeFileSync(join(folder, 'mistakes.ts'), code)
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const config = { extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    })
    const places = [...stdout.matchAll(/mistakes\.ts\((\d+),\d+\): error/gu)]
    return new Set(places.map(([, line]) => Number(line)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('every mistake that must not compile does not, and nothing else fails to', () => {
  const source = readFileSync(join(import.meta.dirname, 'types.compile.ts'), 'utf8')
  const code = source.replaceAll("'../../src/", `'${ROOT}/src/`)
  const lines = code.split('\n')
  const expected = lines.flatMap((line, i) => (EXPECTED.test(line) ? [i + 2] : []))
  expect(expected.length).toBeGreaterThan(15)
  // each directive taken away, its line number kept
  const bare = lines.map((line) => line.replace(EXPECTED, '// $1')).join('\n')
  expect([...complaints(bare)].toSorted((a, b) => a - b)).toEqual(expected)
  expect([...complaints(code)]).toEqual([])
})
