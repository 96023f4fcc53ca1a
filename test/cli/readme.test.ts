import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typeBesideServer } from './beside-server.ts'
import { demetra, RUN, shell, temporaryFolder } from './demetra.ts'
import { commandsIn, cronCommands } from './readme.ts'
import { EXIT_CODES } from '../../src/cli/help.ts'
import { README } from './readme.ts'

const folder = temporaryFolder()
const cwd = folder.path

beforeAll(async () => {
  expect(await demetra(['init'], { cwd })).toMatchObject({ code: 0, stderr: '' })
})
afterAll(() => folder[Symbol.dispose]())

describe('the README, typed from top to bottom in a project', () => {
  it.each(commandsIn('project'))('%s', async (command) => {
    const outcome = await shell(command, { cwd })
    expect(outcome).toMatchObject({ code: 0 })
    if (!command.includes('>')) expect(outcome.stdout).not.toBe('')
  })

  it('leaves what it says behind', () => {
    expect(readFileSync(join(cwd, 'purchases.csv'), 'utf8')).toMatch(/^purchase,landed_at,/)
    expect(existsSync(join(cwd, 'demetra.db'))).toBe(true)
  })

  it('shows what a running server answers', () => typeBesideServer(README, cwd))

  it.each(cronCommands())('and from cron: %s', async (command) => {
    const line = command
      .replace('/srv/reports', cwd)
      .replace('node_modules/.bin/node', process.execPath)
      .replace('node_modules/demetra/bin/run.js', RUN)
    expect(line).toContain(RUN)
    expect(await shell(line, { cwd: '/' })).toMatchObject({ code: 0, stderr: '' })
  })
})

it('the README and the help list the same exit codes', () => {
  const listed = [...README.matchAll(/^\| (\d+) +\|/gmu)].map(([, code]) => code)
  expect(listed).toEqual(EXIT_CODES.map(([code]) => code))
})
