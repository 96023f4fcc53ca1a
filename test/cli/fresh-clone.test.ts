import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT, temporaryFolder } from './demetra.ts'
import { commandsIn } from './readme.ts'

/** A service that sends events. */
const PRODUCER = `
  import * as z from 'zod'
  import { defineEvent } from 'demetra'
  import { createClient, DemetraError, type Client, type ClientEvent, type SendResult } from 'demetra/client'
  const paid = defineEvent({ type: 'paid', service: 'shop', payload: z.object({ cents: z.bigint() }) })
  interface Order { total: string }
  const payload: Order = { total: '3.00' }
  interface Meta { service: string; type: string; aggregate_id: string }
  const meta: Meta = { service: 'shop', type: 'ordered', aggregate_id: 'a' }
  const client: Client = createClient({ url: 'http://127.0.0.1:1', token: 't', spool: 'spool' })
  const results: SendResult[] = [
    await client.send({ meta, payload }),
    await client.send({ meta: { ...meta, created_at: new Date(), extra: 1 }, payload }),
    await client.send(paid({ aggregate_id: 'a', payload: { cents: 1n } })),
  ]
  const wrong = { meta: { service: 'shop' }, payload } as unknown as ClientEvent
  const error: unknown = await client.send(wrong).catch((reason: unknown) => reason)
  // @ts-expect-error it has no aggregate
  export const never = () => client.send({ meta: { service: 'shop', type: 'ordered' }, payload })
  await client.close()
  console.log(...results.map(({ outcome }) => outcome), error instanceof DemetraError && error.code)
`

const folder = temporaryFolder()
const clone = join(folder.path, 'clone')
const empty = join(folder.path, 'empty')
/** As on a machine where this repository is not: its own Node and tools are not on the path. */
const PATH = (process.env['PATH'] ?? '')
  .split(':')
  .filter((entry) => !entry.includes('node_modules'))
  .join(':')

function sh(command: string, cwd: string): { code: number | null; output: string } {
  const env = { HOME: process.env['HOME'] ?? '', PATH, npm_config_audit: 'false', npm_config_fund: 'false' }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd, env, encoding: 'utf8' })
  return { code: status, output: stdout + stderr }
}

function succeeds(command: string, cwd: string): string {
  const { code, output } = sh(command, cwd)
  expect(code, output).toBe(0)
  return output
}

const tarball = (): string => readdirSync(clone).find((name) => name.endsWith('.tgz')) ?? 'no tarball'

/** What the repository would hold if everything here were committed. */
function copyRepository(): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  })
  for (const file of list.toString().split('\0').filter(Boolean)) {
    // in the clone these few tests stand for all
    if (file.startsWith('test/') && !/^test\/cli\/(?:argv|table)\.test\.ts$/u.test(file)) continue
    mkdirSync(dirname(join(clone, file)), { recursive: true })
    cpSync(join(ROOT, file), join(clone, file), { force: true })
  }
}

beforeAll(() => {
  copyRepository()
  mkdirSync(empty)
})
afterAll(() => folder[Symbol.dispose]())

describe('the README, typed in a fresh clone', { timeout: 600_000 }, () => {
  const [example = '', test = '', pack = '', ...others] = commandsIn('clone')

  it(`${example}: imports, projects, reports, and says what to type next`, () => {
    const output = succeeds(example, clone)
    expect(output).toContain('15,214  written')
    expect(output).toContain('1,050 rows shown')
    expect(output).toContain('rows per month of registered_at')
    const next = output.slice(output.indexOf('Next, type')).match(/^ {2}\S.*$/gmu) ?? []
    expect(next.length).toBeGreaterThan(3)
    succeeds(`set -e\n${next.join('\n')}`, clone)
  })

  it(`${test}: runs the tests`, () => {
    expect(succeeds(test, clone)).toMatch(/Tests .*\d+ passed/)
  })

  it(`${pack}: makes the package, and nothing in it that does not belong there`, () => {
    succeeds(pack, clone)
    const files = succeeds(`tar tzf ${tarball()}`, clone).trim().split('\n')
    const tops = new Set(files.map((file) => file.split('/')[1]))
    expect([...tops].toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'oclif.manifest.json',
      'package.json',
      'templates',
    ])
    expect(files).toContain('package/templates/init/demetra.config.ts')
    expect(others).toEqual([])
  })
})

describe('the package, installed in an empty folder', { timeout: 600_000 }, () => {
  it.each(commandsIn('empty'))('%s', (command) => {
    cpSync(join(clone, tarball()), join(empty, tarball()))
    succeeds(command, empty)
  })

  it('came without the tools of its development', () => {
    const installed = readdirSync(join(empty, 'node_modules'))
    expect(installed).toContain('demetra')
    for (const tool of ['typescript', 'vitest', 'esbuild', 'oxlint']) expect(installed).not.toContain(tool)
  })

  it('runs the whole example', () => {
    const mapping =
      "--delimiter ';' --service hospital --type '{Activity}' --aggregate 'case/{Case ID}' " +
      "--created-at '{Complete Timestamp}' --date-format 'yyyy/MM/dd HH:mm:ss.SSS' --timezone Europe/Amsterdam"
    succeeds(`npx demetra import '${join(ROOT, 'fixtures', 'sepsis.csv')}' ${mapping}`, empty)
    expect(succeeds('npx demetra projection:hospital-cases', empty)).toContain('1,050 rows shown')
    expect(succeeds('npx demetra report hospital-cases --chart', empty)).toContain('2014-10')
  })

  it('has types that a strict compiler takes', () => {
    const options = { strict: true, module: 'nodenext', target: 'es2024', noEmit: true, types: ['node'] }
    const compilerOptions = {
      ...options,
      allowImportingTsExtensions: true,
      typeRoots: [join(ROOT, 'node_modules/@types')],
    }
    writeFileSync(
      join(empty, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions,
        include: ['demetra.config.ts', 'events', 'projections', 'producer.ts'],
      }),
    )
    writeFileSync(join(empty, 'producer.ts'), PRODUCER)
    // as `npm pkg set type=module` does: TypeScript goes by what package.json says
    succeeds('npm pkg set type=module', empty)
    succeeds(`npx node ${join(ROOT, 'node_modules/typescript/bin/tsc')} -p .`, empty)
    expect(succeeds('npx node producer.ts', empty)).toBe('spooled spooled spooled DEMETRA_EVENT_INVALID\n')
  })

  it('runs where it may not be written to', () => {
    const folders = `node_modules/${basename('demetra')}`
    const command = 'npx node node_modules/demetra/bin/run.js projection purchase-funnel'
    try {
      succeeds(`chmod -R a-w ${folders}`, empty)
      succeeds(`npx node node_modules/demetra/bin/run.js import dumps/purchases.ndjson && ${command}`, empty)
    } finally {
      succeeds(`chmod -R u+w ${folders}`, empty)
      rmSync(join(empty, 'demetra.db'), { force: true })
    }
  })
})
