import { existsSync, readdirSync, renameSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { plainLines } from '../support/events.ts'
import { demetra, parseJson, shell, temporaryFolder, type Outcome } from './demetra.ts'

let folder: ReturnType<typeof temporaryFolder>
let cwd: string
beforeEach(async () => {
  folder = temporaryFolder()
  cwd = folder.path
  const events = `node -e 'process.stdout.write(process.env.EVENTS)' | demetra import -`
  expect(await shell(events, { cwd, env: { EVENTS: plainLines(300) } })).toMatchObject({ code: 0 })
})
afterEach(() => folder[Symbol.dispose]())

const type = (line: string): Promise<Outcome> => demetra(line.split(' '), { cwd })
const result = async (line: string): Promise<Record<string, unknown>> =>
  parseJson(await type(`${line} --json`)).result ?? {}
const SEGMENT = 'archive/events/month=2016-01/00000001.ndjson.gz'

describe('archive', () => {
  it('says what it would do, and writes nothing', async () => {
    const { code, stdout, stderr } = await type('archive --dry-run')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^300 events from before .* would be moved to file:.*archive:\n {2}1 segment, about /u,
    )
    expect(stdout).toContain('3 objects; 3 PUT, 3 GET, 1 HEAD')
    expect(await result('archive --dry-run')).toMatchObject({ dryRun: true, events: 300, segments: 1 })
    expect(existsSync(join(cwd, 'archive'))).toBe(false)
    expect(await result('status')).toMatchObject({ locks: [] })
  })

  it('moves what is old, says what it did, and a text of the archive is what export gave', async () => {
    const exported = await type('export --full')
    const { code, stdout, stderr } = await type('archive --older-than P90D')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('events/month=2016-01/00000001.ndjson.gz')
    expect(stdout).toContain('300 events in 1 segment moved to file:')
    expect(await shell(`zcat ${SEGMENT}`, { cwd })).toEqual({ code: 0, stdout: exported.stdout, stderr: '' })
    expect(await result('archive')).toMatchObject({ dryRun: false, events: 0, segments: [], stoppedBy: null })
    expect((await type('archive')).stdout).toMatch(/^Nothing to move/u)
  })

  it('leaves what is younger, by position and the clock of the store', async () => {
    const now = `{"id":"00000000-0000-4000-8000-00000000ffff","meta":{"service":"core","type":"even","created_at":"${new Date().toISOString()}","aggregate_id":"a"},"payload":{}}`
    await shell(`printf '%s\\n' "$EVENT" | demetra import -`, { cwd, env: { EVENT: now } })
    expect(await result('archive --older-than PT1H')).toMatchObject({ events: 300 })
    expect(await result('archive --older-than P0D')).toMatchObject({ events: 1 })
  })

  it('keeps what a report has not read and names it; one that is no more is dropped', async () => {
    const store = await openEventStore(`sqlite:${join(cwd, 'demetra.db')}`)
    const reader = { reportStore: 'sqlite:gone.db', name: 'sales', generation: 1 }
    await store.readers.advance({ ...reader, readTo: positionAt(Date.UTC(2016, 0, 1, 0, 2)) })
    await store.close()
    const kept = await type('archive')
    expect(kept).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('`demetra projection sales`') as string,
    })
    expect(await result('archive')).toMatchObject({
      events: 0,
      kept: { events: 181, reports: [{ name: 'sales' }] },
    })
    expect(await type('archive --drop-reader purchases')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is sales') as string,
    })
    expect(await result('archive --drop-reader sales')).toMatchObject({ events: 181, kept: null })
  })

  it.each([
    ['archive --older-than 90', '--older-than: expected a duration like P90D'],
    ['archive --older-than -P1D', '--older-than: expected a duration like P90D'],
    ['archive --max-time 30m', '--max-time: expected a duration like P90D'],
    ['archive --max-segments 0', 'max-segments'],
  ])('refuses %s', async (line, message) => {
    const { code, stderr } = await type(line)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('verify without a file', () => {
  it('exits 3 at damage, and says where and what mends it', async () => {
    await type('archive')
    expect(await type('verify --deep')).toMatchObject({ code: 0, stderr: '' })
    expect((await type('verify')).stdout).toContain('All is well: 300 archived events')
    truncateSync(join(cwd, SEGMENT), 100)
    const { code, stdout } = await type('verify')
    expect(code).toBe(3)
    expect(stdout).toContain('✗ object-damaged: events/month=2016-01/00000001.ndjson.gz has 100 bytes, not ')
    expect(parseJson(await type('verify --json'))).toMatchObject({
      status: 3,
      result: { damages: [{ code: 'object-damaged', segment: 1 }] },
    })
  })
})

describe('restore', () => {
  it('brings a stretch of time back', async () => {
    await type('archive')
    const { code, stdout } = await type('restore --from 2016-01-01T00:01:00Z --to 2016-01-01T00:02:00Z')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^60 events from 1 segment live again in sqlite:/u)
    expect(await result('restore --segment 1')).toMatchObject({ events: 240, already: 60 })
    expect(await result('restore --segment 1')).toMatchObject({ events: 0, already: 300 })
    expect(await type('restore --segment 9')).toMatchObject({ code: 2 })
    expect(await type('restore')).toMatchObject({ code: 2 })
  })

  it('makes a lost store anew, so that everything is known again', async () => {
    await type('archive')
    renameSync(join(cwd, 'demetra.db'), join(cwd, 'lost.db'))
    expect(readdirSync(cwd).filter((name) => name.startsWith('demetra.db'))).toEqual([])
    const { code, stdout } = await type('restore --catalogue')
    expect(code).toBe(0)
    expect(stdout).toContain('300 tombstones made')
    expect(await type('verify --deep')).toMatchObject({ code: 0 })
    const again = await shell(`zcat ${SEGMENT} | demetra import - --json`, { cwd })
    expect(JSON.stringify(parseJson(again).result)).toContain('"duplicates":300')
  })
})
