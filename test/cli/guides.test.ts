import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demetra, ROOT, shell, temporaryFolder } from './demetra.ts'
import { commandsIn } from './readme.ts'

const guides = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))

describe.each(guides)('the guide %s', (guide) => {
  it('says commands that work, typed from top to bottom in a project', async () => {
    using folder = temporaryFolder()
    const cwd = folder.path
    expect(await demetra(['init'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    for (const command of commandsIn('project', readFileSync(join(ROOT, 'docs', guide), 'utf8'))) {
      const { code, stderr } = await shell(command, { cwd })
      expect(code, `${command}\n${stderr}`).toBe(0)
    }
  })
})
