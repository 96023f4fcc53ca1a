import { lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openOutput } from '../../src/export/output.ts'
import { temporaryFolder } from '../cli/demetra.ts'

const open = (file: string) => openOutput(file, false, () => Promise.resolve())

describe('an export into a file', () => {
  it('appears whole: until it is finished, the older one stands there', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'out')
    writeFileSync(file, 'older')
    const output = open(file)
    await output.write('newer')
    expect(readFileSync(file, 'utf8')).toBe('older')
    output.finish()
    output.discard()
    expect(readFileSync(file, 'utf8')).toBe('newer')
    expect(readdirSync(folder.path)).toEqual(['out'])
  })

  it('that is not finished leaves nothing', async () => {
    using folder = temporaryFolder()
    const output = open(join(folder.path, 'out'))
    await output.write('some')
    output.discard()
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('behind a link leaves the link', async () => {
    using folder = temporaryFolder()
    const [file, link] = [join(folder.path, 'file'), join(folder.path, 'link')]
    writeFileSync(file, 'older')
    symlinkSync(file, link)
    const output = open(link)
    await output.write('newer')
    output.finish()
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('newer')
  })

  it.runIf(process.platform === 'linux')(
    'writes to a device, and never puts a file in its place',
    async () => {
      // a link to it, so that a mistake costs the link and not the machine's device
      using folder = temporaryFolder()
      const link = join(folder.path, 'full')
      symlinkSync('/dev/full', link)
      const output = open(link)
      await expect(output.write('x')).rejects.toMatchObject({
        code: 'DEMETRA_OUTPUT_UNWRITABLE',
        exitCode: 5,
      })
      output.discard()
      expect(readdirSync(folder.path)).toEqual(['full'])
      expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true)
    },
  )

  it('refuses a folder before anything is read', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'out'))
    expect(() => open(join(folder.path, 'out'))).toThrow('cannot be written: EISDIR')
  })
})
