import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

const EVENT = `
import { defineEvent } from 'demetra'
import { z } from 'zod'
export default defineEvent({ type: 'landed', service: 'shop', payload: z.object({ country: z.string() }) })
`
const projection = (event: string): string => `
import { defineProjection } from 'demetra'
import { z } from 'zod'
import landed from '${event}'
export default defineProjection({
  version: 1,
  events: [landed],
  key: { country: z.string() },
  row: { count: z.int().default(0) },
  at: (event) => ({ country: event.payload.country }),
  when: { landed: (row) => { row.count += 1 } },
})
`
const CONFIG = `
import { defineConfig } from 'demetra'
export default defineConfig({ store: 'sqlite:events.db' })
`
const EVENT_LINE = JSON.stringify({
  id: '20ec0521-d127-4038-92ed-a4196c33705b',
  meta: { service: 'shop', type: 'landed', created_at: '2016-01-01T12:00:00Z', aggregate_id: 'a/1' },
  payload: { country: 'IT' },
})

function project(files: Record<string, string>): string {
  const cwd = mkdtempSync(join(folder.path, 'a project, ü '))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  return cwd
}

describe.each([
  ['no package.json', {}],
  ['a package.json without "type"', { 'package.json': '{}' }],
  ['"type": "commonjs"', { 'package.json': '{"type": "commonjs"}' }],
  ['"type": "module"', { 'package.json': '{"type": "module"}' }],
])('a folder with %s', (_kind, files) => {
  it.each(['ts', 'js'])('takes .%s files without a warning', async (ending) => {
    const cwd = project({
      ...files,
      [`demetra.config.${ending}`]: CONFIG,
      [`events/landed.${ending}`]: EVENT,
      [`projections/countries.${ending}`]: projection(`../events/landed.${ending}`),
      'projections/countries.test.ts': 'throw new Error("a test is no projection")',
      'dump.ndjson': `${EVENT_LINE}\n`,
    })
    expect(await demetra(['import', 'dump.ndjson'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    expect(await demetra(['projection', '--all'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    const report = await demetra(['report', 'countries', '--format', 'csv', '--quiet'], { cwd })
    expect(report).toEqual({ code: 0, stdout: 'country,count\nIT,1\n', stderr: '' })
  })
})

describe('what is wrong with a file is said with its place and what to do', () => {
  const good = projection('../events/landed.ts')
  const types = 'export default 1 as const\n'

  it.each([
    ['an enum', `enum Size { small }\n${types}`, /broken\.ts.*enum/, /union/],
    ['a decorator', `@x class A {}\n${types}`, /broken\.ts/, /decorators/],
    ['a syntax error', 'export default {\n  a: 1,\n  b 2\n}\n', /broken\.ts/, null],
    [
      'an import without its ending',
      good.replace('landed.ts', 'landed'),
      /imports.*landed/,
      /with its ending/,
    ],
    [
      'a package that is not installed',
      `import x from 'no-such-package'\n${types}`,
      /no-such-package/,
      /npm install/,
    ],
    ['a name that is not exported', `import { defineReport } from 'demetra'\n${types}`, /defineReport/, null],
    ['no default export', 'export const a = 1\n', /no default export/, /export default/],
    ['something else', types, /definition of a projection/, /defineProjection/],
    ['an error of its own', 'throw new RangeError("too far")\n', /threw RangeError.*too far/, null],
    ['an option that is misspelt', good.replace('version', 'verson'), /verson.*did you mean "version"/, null],
    [
      'a type that is misspelt',
      good.replace('when: { landed', 'when: { lande'),
      /did you mean "landed"/,
      null,
    ],
  ])('%s', async (_what, text, message, hint) => {
    const cwd = project({ 'events/landed.ts': EVENT, 'projections/broken.ts': text })
    const outcome = await demetra(['projection', 'broken', '--json'], { cwd })
    const { status, error } = parseJson(outcome)
    expect({ code: outcome.code, status, stderr: outcome.stderr }).toEqual({ code: 1, status: 1, stderr: '' })
    expect(error?.message).toMatch(message)
    expect(error?.context['file']).toMatch(/broken\.ts/)
    if (hint !== null) expect(error?.hints.join('\n')).toMatch(hint)
  })

  it('a projection that is not there, with those that are', async () => {
    const cwd = project({ 'events/landed.ts': EVENT, 'projections/countries.ts': good })
    const outcome = await demetra(['projection', 'contries'], { cwd })
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
    expect(outcome.stderr).toContain(`There is no projection 'contries' (did you mean "countries"?)`)
    expect(outcome.stderr).toContain('there is countries')
  })

  it('two files of one name', async () => {
    const cwd = project({ 'events/landed.ts': EVENT, 'projections/a.ts': good, 'projections/old/a.ts': good })
    expect(await demetra(['projection', '--all'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Two files are named 'a'") as string,
    })
  })
})

describe('the configuration', () => {
  it('is found upwards, and its paths count from its folder', async () => {
    const cwd = project({ 'demetra.config.ts': CONFIG, 'deep/er/x.txt': '' })
    const outcome = await demetra(['setup', '--json'], { cwd: join(cwd, 'deep', 'er') })
    expect(parseJson(outcome).result?.['store']).toBe(`sqlite:${join(cwd, 'events.db')}`)
  })

  it('stands below the environment, and that below the flags', async () => {
    const cwd = project({ 'demetra.config.ts': CONFIG })
    const env = { DEMETRA_STORE: 'sqlite:env.db' }
    const store = async (...args: string[]) =>
      parseJson(await demetra(['setup', '--json', ...args], { cwd, env })).result?.['store']
    expect(await store()).toBe(`sqlite:${join(cwd, 'env.db')}`)
    expect(await store('--store', 'sqlite:flag.db')).toBe(`sqlite:${join(cwd, 'flag.db')}`)
  })

  it.each([
    ['an unknown key', 'export default { stroe: "sqlite:x.db" }', [], 2, /unknown key 'stroe'/],
    ['a value of another type', 'export default { store: 1 }', [], 2, /expected a string/],
    ['no default export', 'export const store = 1', [], 2, /no default export/],
    ['a file that is not there', CONFIG, ['--config', 'other.ts'], 4, /no configuration file/],
  ])('with %s is refused', async (_what, text, args, code, message) => {
    const cwd = project({ 'demetra.config.ts': text })
    const outcome = await demetra(['setup', ...args], { cwd })
    expect(outcome.code).toBe(code)
    expect(outcome.stderr).toMatch(message)
  })
})
