import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plainLines } from '../support/events.ts'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

describe('a store that is not there yet', () => {
  it.each([
    ['export', '--output', 'all.ndjson'],
    ['history', 'case/A'],
    ['show', '20ec0521-d127-4038-92ed-a4196c33705b'],
  ])('is refused by %s, exit 10, and not made', async (...command) => {
    using folder = temporaryFolder()
    const outcome = await demetra(command, { cwd: folder.path })
    expect(outcome.code).toBe(10)
    expect(outcome.stderr).toMatch(/There is no event store .*demetra\.db yet[^]*`demetra import FILE`/)
    expect(parseJson(await demetra([...command, '--json'], { cwd: folder.path })).status).toBe(10)
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('reads as empty for status and verify, which write nothing', async () => {
    using folder = temporaryFolder()
    const status = await demetra(['status'], { cwd: folder.path })
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('No events yet') as string })
    writeFileSync(join(folder.path, 'dump.ndjson'), plainLines(3))
    const verify = parseJson(await demetra(['verify', 'dump.ndjson', '--json'], { cwd: folder.path }))
    expect(verify.result).toMatchObject({ sources: [{ events: 3, new: 3 }] })
    expect(readdirSync(folder.path)).toEqual(['dump.ndjson'])
  })
})
