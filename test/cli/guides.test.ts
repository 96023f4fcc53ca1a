import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'
import { typeBesideServer } from './beside-server.ts'
import { demetra, ROOT, shell, temporaryFolder } from './demetra.ts'
import { commandsIn, type Place } from './readme.ts'

const guides = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, page: readFileSync(join(ROOT, 'docs', name), 'utf8') }))
const withCommands = (place: Place) => guides.filter(({ page }) => commandsIn(place, page).length > 0)

async function typeAll(place: Place, page: string, env: Record<string, string> = {}): Promise<void> {
  using folder = temporaryFolder()
  const cwd = folder.path
  expect(await demetra(['init'], { cwd })).toMatchObject({ code: 0, stderr: '' })
  for (const command of commandsIn(place, page)) {
    const { code, stderr } = await shell(command, { cwd, env })
    expect(code, `${command}\n${stderr}`).toBe(0)
  }
}

describe.each(withCommands('project'))('the guide $name', ({ page }) => {
  it('says commands that work, typed from top to bottom in a project', () => typeAll('project', page))
})

describe.each(withCommands('server'))('the guide $name', ({ page }) => {
  it('shows what a running server answers', async () => {
    using folder = temporaryFolder()
    expect(await demetra(['init'], { cwd: folder.path })).toMatchObject({ code: 0, stderr: '' })
    await typeBesideServer(page, folder.path)
  })
})

describeWithMongod('on a server', () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(() => server?.stop())

  it.each(withCommands('mongodb'))('the guide $name says commands that work', ({ page }) =>
    typeAll('mongodb', page, { DEMETRA_STORE: server.url('demetra') }),
  )
})
