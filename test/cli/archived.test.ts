import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { DirectoryObjectStore } from '../../src/object-store/directory.ts'
import { TestArchive } from '../event-log/test-archive.ts'
import { all } from '../segment/support.ts'
import { plainLines } from '../support/events.ts'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

describe('commands on a store of which the most is archived', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let cwd = ''
  let whole = ''
  const run = (...args: string[]) => demetra(args, { cwd })
  const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

  beforeAll(async () => {
    folder = temporaryFolder()
    cwd = folder.path
    writeFileSync(join(cwd, 'dump.ndjson'), plainLines(300))
    expect(await run('import', 'dump.ndjson')).toMatchObject({ code: 0 })
    whole = (await run('export', '--full')).stdout
    const store = await openEventStore(`sqlite:${join(cwd, 'demetra.db')}`)
    const archive = await TestArchive.begin(store, new DirectoryObjectStore(join(cwd, 'archive')))
    await archive.archive((await all(store.read())).slice(0, 200), 15_000)
    expect(archive.held.size).toBeGreaterThan(2)
    await store.close()
  })
  afterAll(() => folder[Symbol.dispose]())

  it('exports all of them, as before', async () => {
    expect(await run('export', '--full')).toEqual({ code: 0, stdout: whole, stderr: '' })
    const some = await run('export', '--full', '--aggregate', 'number/4', '--to', '2016-01-01T00:04:00Z')
    const lines = whole.split('\n').filter((line) => line.includes('"number/4"'))
    expect(some.stdout.trimEnd().split('\n')).toEqual(lines.slice(0, 24))
  })

  it('shows an event, and where it lives', async () => {
    const archived = await run('show', idOf(1))
    expect(archived).toMatchObject({ code: 0, stderr: '' })
    expect(archived.stdout).toContain(
      `archived in file:${join(cwd, 'archive')}: segment 1, events/month=2016-01/00000001.ndjson.gz`,
    )
    expect(parseJson(await run('show', idOf(300), '--json'))).toMatchObject({ result: { archived: null } })
  })

  it('tells the history of an aggregate', async () => {
    const { result } = parseJson(await run('history', 'number/7', '--json'))
    expect(result?.['events']).toMatchObject(Array.from({ length: 30 }, (_, i) => ({ id: idOf(i * 10 + 7) })))
  })

  it('tells what is archived', async () => {
    const status = await run('status')
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toMatch(/Archived: 200 events in \d segments, .*2016-01-01T00:00:01/u)
    expect(parseJson(await run('status', '--json'))).toMatchObject({
      result: { archive: { events: 200, unfinished: [] }, store: { events: 300 } },
    })
  })

  it.each([['show', idOf(1)], ['history', 'number/7'], ['export']])(
    '%s says that the archive is not there',
    async (...args) => {
      const outcome = await run(...args, '--archive', 'file:elsewhere')
      expect(outcome.code).toBe(10)
      expect(outcome.stderr).toContain(`There is no archive at file:${join(cwd, 'elsewhere')}`)
      expect(outcome.stderr).toContain('DEMETRA_ARCHIVE or --archive')
    },
  )
})

/** Says on stderr when a thread has answered for the first time. */
const NOTING = `process.on('worker', (worker) => worker.once('message', () => console.error('a thread answered')))`

it('exports a segment of many events, which a thread unpacks, to the byte', async () => {
  using folder = temporaryFolder()
  const run = (...args: string[]) => demetra(args, { cwd: folder.path })
  writeFileSync(join(folder.path, 'dump.ndjson'), plainLines(24_000))
  expect(await run('import', 'dump.ndjson')).toMatchObject({ code: 0 })
  const whole = await run('export', '--full')
  expect(await run('archive', '--older-than', 'P1D')).toMatchObject({ code: 0 })
  expect(parseJson(await run('status', '--json'))).toMatchObject({ result: { archive: { events: 24_000 } } })
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(NOTING)}`]
  const { stdout, stderr, code } = await demetra(['export', '--full'], { cwd: folder.path, nodeArgs })
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'a thread answered\n' })
  // not compared by the matcher, which would print both
  expect(stdout === whole.stdout).toBe(true)
})
