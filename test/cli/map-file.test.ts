import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

it.each(['verify', 'import'])(
  '%s says that a map file is not there, and where it looked',
  async (command) => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'a.csv'), 'id,when\n1,2016-01-01\n')
    const args = [command, 'a.csv', '--map', 'maps/a.ts']
    const { code, stderr } = await demetra(args, { cwd: folder.path })
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no map file maps/a.ts'),
    })
    const outcome = await demetra([...args, '--json'], { cwd: folder.path })
    expect(outcome).toMatchObject({ code: 2, stderr: '' })
    expect(parseJson(outcome).error).toMatchObject({ code: 'DEMETRA_MAP_MISSING' })
  },
)
