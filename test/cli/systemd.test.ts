import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { describeWithSystemd, type SystemdAnalyze, systemdAnalyze } from '../servers/describe-with-systemd.ts'
import { until } from '../servers/poll.ts'
import { demetra, ROOT, temporaryFolder } from './demetra.ts'

const GUIDE = readFileSync(join(ROOT, 'docs', 'service.md'), 'utf8')
const RUN_JS = 'node_modules/demetra/bin/run.js'

/** Path and text of each unit; in the guide, a comment before it says the path. */
const UNITS = [...GUIDE.matchAll(/```ini\n(.*?)```/gsu)]
  .flatMap(([, block = '']) => block.split(/^(?=# \/etc\/)/mu))
  .map((text) => ({ path: /^# (\S+)\n/u.exec(text)?.[1] ?? '', text }))

const unit = (name: string): string => UNITS.find(({ path }) => basename(path) === name)?.text ?? ''
const setting = (name: string, key: string): string =>
  new RegExp(`^${key}=(.*)$`, 'mu').exec(unit(name))?.[1] ?? ''

/** What the unit starts, as Demetra's own arguments. */
function argumentsOf(name: string): string[] {
  const [node = '', script = '', ...args] = setting(name, 'ExecStart').split(' ')
  expect(node).toMatch(/^\/srv\/\w+\/node_modules\/\.bin\/node$/u)
  expect(script.endsWith(RUN_JS)).toBe(true)
  return args
}

const folder = temporaryFolder()
const cwd = folder.path
beforeAll(async () => {
  expect(await demetra(['init'], { cwd })).toMatchObject({ code: 0 })
})
afterAll(() => folder[Symbol.dispose]())

describe('the units of the guide', () => {
  it('demetra-serve.service: it serves until it is told to end, and has the time to', async () => {
    const { code, stdout } = await demetra([...argumentsOf('demetra-serve.service'), '--port', '0'], {
      cwd,
      // once: a second signal would end it at once
      onStdout: (text, child) => void (/^Listening.*\n$/u.test(text) && child.kill('SIGTERM')),
    })
    expect(stdout).toMatch(/^Listening/u)
    expect(code).toBe(0)
    const stopMs = Number(setting('demetra-serve.service', 'TimeoutStopSec')) * 1000
    expect(stopMs).toBeGreaterThan(DEFAULT_LIMITS.stopTimeoutMs)
  })

  it.each(['demetra-projection.service', 'demetra-archive.service'])(
    '%s: a run does its work',
    async (name) => {
      expect(await demetra(argumentsOf(name), { cwd })).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('shop-deliver.service: it stays until it is told to end, which is no failure', async () => {
    const spool = join(cwd, 'spool')
    mkdirSync(spool)
    const args = argumentsOf('shop-deliver.service').map((arg) => (arg === '/var/spool/shop' ? spool : arg))
    expect(args).toContain(spool)
    let isAtWork: Promise<unknown> | undefined
    const { code, stderr } = await demetra(args, {
      cwd: '/',
      env: { DEMETRA_URL: 'http://127.0.0.1:9', DEMETRA_TOKEN: 'demetra_a_b' },
      onSpawn: (child) => {
        isAtWork = until('it has the spool', () => existsSync(join(spool, 'deliver.owner'))).then(() =>
          child.kill('SIGTERM'),
        )
      },
    })
    await isAtWork
    expect(String(code), stderr).toBe(setting('shop-deliver.service', 'SuccessExitStatus'))
  })
})

describeWithSystemd('to systemd', () => {
  it('the units of the guide are what it understands, and start what is there', async () => {
    using etc = temporaryFolder()
    for (const project of ['reports', 'shop']) {
      const modules = join(etc.path, 'srv', project, 'node_modules')
      mkdirSync(join(modules, '.bin'), { recursive: true })
      symlinkSync(process.execPath, join(modules, '.bin', 'node'))
    }
    for (const { path, text } of UNITS) {
      const file = join(etc.path, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text.replaceAll('/srv/', `${etc.path}/srv/`))
    }
    const { program, env } = systemdAnalyze as SystemdAnalyze
    const names = UNITS.map(({ path }) => path).filter((path) => /\.(?:service|timer)$/u.test(path))
    expect(names).toHaveLength(6)
    const files = names.map((path) => join(etc.path, path))
    expect(await promisify(execFile)(program, ['verify', ...files], { env })).toEqual({
      stdout: '',
      stderr: '',
    })
  })
})
