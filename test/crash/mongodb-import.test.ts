import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportResult } from '../../src/import/result.ts'
import { demetra, parseJson, temporaryFolder } from '../cli/demetra.ts'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
} from '../servers/mongod.ts'
import { until } from '../servers/poll.ts'
import { type Dump, dumpWithDuplicates, mappedDump, plainDump } from './mongodb/dumps.ts'
import { rounds } from './mongodb/under-fault.ts'

const EVENTS = 30_000
/** Enough are stored to be in the middle, and enough are left. */
const IN_THE_MIDDLE = 4000
const timeout = 3_600_000

const folder = temporaryFolder()
const cwd = folder.path
afterAll(() => folder[Symbol.dispose]())

interface ImportDocument {
  status: number
  result: ImportResult
  error?: { code: string; message: string; hints: string[] }
}

/** Imports a dump, while `disturb` happens to it. */
async function importing(
  dump: Dump,
  url: string,
  disturb: (child: ChildProcess) => Promise<unknown> = () => Promise.resolve(),
): Promise<ImportDocument | null> {
  writeFileSync(join(cwd, dump.name), dump.content)
  let disturbing: Promise<unknown> = Promise.resolve()
  const outcome = await demetra(['import', dump.name, ...dump.flags, '--json', '--store', url], {
    cwd,
    onSpawn: (child) => {
      disturbing = disturb(child)
      // thrown when the import has ended
      disturbing.catch(() => undefined)
    },
  })
  await disturbing
  return outcome.code === null ? null : (parseJson(outcome) as unknown as ImportDocument)
}

/** The log, what the counters say of it, and how many documents there are. */
async function contentOf(url: string) {
  const exported = await demetra(['export', '--store', url], { cwd })
  expect(exported).toMatchObject({ code: 0, stderr: '' })
  const status = parseJson(await demetra(['status', '--json', '--store', url], { cwd }))
  expect(status.result).toMatchObject({ unfinishedImports: [], locks: [] })
  await using client = await MongoClient.connect(url)
  const documents = await client.db().collection('events').countDocuments()
  return { log: exported.stdout, documents, types: status.result?.['types'], days: status.result?.['days'] }
}

/** What an import that nothing happened to leaves; by name of dump and server. */
async function undisturbed(dump: Dump, url: string) {
  const startedAt = performance.now()
  const imported = await importing(dump, url)
  const durationMs = performance.now() - startedAt
  const { events, duplicates } = dump
  expect(imported).toMatchObject({
    status: 0,
    result: { events, written: events - duplicates, duplicates, conflicts: 0, skipped: 0, unsettled: 0 },
  })
  const content = await contentOf(url)
  expect(content.documents).toBe(events - duplicates)
  return { content, durationMs }
}

function expectSums({ events, written, duplicates, conflicts, skipped, unsettled }: ImportResult): void {
  expect(written + duplicates + conflicts + skipped + unsettled).toBe(events)
}

/** Resolves once an import is in the middle. */
async function inTheMiddle(url: string, stored = IN_THE_MIDDLE): Promise<void> {
  await using client = await MongoClient.connect(url)
  await until(
    'the import is in the middle',
    async () => (await client.db().collection('events').estimatedDocumentCount()) > stored,
  )
}

describeWithMongod('an import into MongoDB that is killed', () => {
  let set: ReplicaSet
  beforeAll(async () => {
    set = await startReplicaSet()
  })
  afterAll(() => set?.stop())

  it.each([
    ['NDJSON', plainDump(EVENTS), 10],
    ['CSV with derived ids', mappedDump(EVENTS), 6],
    ['a dump that holds some events twice', dumpWithDuplicates(EVENTS), 6],
  ] as const)(
    'at any moment, of %s, and run again leaves what any import leaves',
    { timeout },
    async (_, dump, usual) => {
      const { content, durationMs } = await undisturbed(
        dump,
        set.url(`whole_${dump.events}_${dump.flags.length}`),
      )
      const { events, duplicates } = dump
      let interruptions = 0
      // one that is quicker than the one measured may be over before
      for (let round = 0; round < rounds(usual) || interruptions === 0; round += 1) {
        const url = set.url(`killed_${dump.name.replace('.', '_')}_${round}`)
        const killAfterMs = Math.random() * durationMs
        await importing(dump, url, async (child) => {
          await delay(killAfterMs)
          child.kill('SIGKILL')
        })
        const what = `killed after ${killAfterMs} ms of ${durationMs}`
        const again = (await importing(dump, url)) as ImportDocument
        expect(again.status, what + JSON.stringify(again)).toBe(0)
        expectSums(again.result)
        if (again.result.total !== null) {
          interruptions += 1
          expect(again.result.total, what).toMatchObject({
            records: events,
            events,
            written: events - duplicates,
            duplicates,
            conflicts: 0,
            rejected: 0,
          })
        } else {
          // killed before it had begun, or after it had ended
          const { written } = again.result
          expect(
            [
              { written: events - duplicates, duplicates },
              { written: 0, duplicates: events },
            ],
            what,
          ).toContainEqual({ written, duplicates: again.result.duplicates })
        }
        expect(await contentOf(url), what).toEqual(content)
      }
    },
  )

  it('by Ctrl-C stops soon, and goes on with the same command', { timeout }, async () => {
    const dump = plainDump(EVENTS * 2)
    const { content } = await undisturbed(dump, set.url('whole_ctrl_c'))
    const url = set.url('ctrl_c')
    const stopped = (await importing(dump, url, async (child) => {
      await inTheMiddle(url)
      child.kill('SIGINT')
    })) as ImportDocument
    expect(stopped).toMatchObject({ status: 130, error: { code: 'DEMETRA_INTERRUPTED' } })
    expect(stopped.result.unsettled).toBe(0)
    expectSums(stopped.result)
    const again = (await importing(dump, url)) as ImportDocument
    expect(again).toMatchObject({
      status: 0,
      result: {
        skipped: 0,
        duplicates: 0,
        total: { events: dump.events, written: dump.events, duplicates: 0 },
      },
    })
    expect(again.result.written + stopped.result.written).toBe(dump.events)
    expect(await contentOf(url)).toEqual(content)
  })
})

describeWithMongod('an import whose server', () => {
  const dump = plainDump(EVENTS * 2)
  let expected: Awaited<ReturnType<typeof contentOf>>

  describe('is alone', () => {
    let server: Mongod
    beforeAll(async () => {
      server = await startMongod()
      expected = (await undisturbed(dump, server.url('whole'))).content
    })
    afterAll(() => server?.stop())

    const finishes = async (database: string, disturb: () => Promise<unknown>): Promise<void> => {
      const url = server.url(database)
      const imported = (await importing(dump, url, async () => {
        await inTheMiddle(url)
        await disturb()
      })) as ImportDocument
      expect(imported, JSON.stringify(imported)).toMatchObject({
        status: 0,
        result: {
          events: dump.events,
          written: dump.events,
          duplicates: 0,
          skipped: 0,
          unsettled: 0,
          total: null,
        },
      })
      expect(await contentOf(url)).toEqual(expected)
    }

    it('stands still for some seconds takes no notice', { timeout }, () =>
      finishes('still', async () => {
        await server.pause()
        await delay(6000)
        await server.resume()
      }),
    )

    it('is killed and started again takes no notice', { timeout }, () =>
      finishes('restarted', async () => {
        await server.kill()
        await delay(3000)
        await server.restart()
      }),
    )

    it('goes away for good tells how far it came, and goes on when it is back', { timeout }, async () => {
      const long = plainDump(EVENTS * 5)
      const { content } = await undisturbed(long, server.url('whole_long'))
      const url = `${server.url('gone')}?serverSelectionTimeoutMS=5000`
      const cutOff = (await importing(long, url, async () => {
        // the first batches have come to their end
        await inTheMiddle(url, EVENTS * 3)
        await server.kill()
      })) as ImportDocument
      expect(cutOff).toMatchObject({
        status: 10,
        error: {
          code: 'DEMETRA_STORE_UNREACHABLE',
          message: `The event store ${url} cannot be reached: connect ECONNREFUSED 127.0.0.1:${server.port}`,
          hints: [expect.stringContaining('run the same command again: it goes on where it stopped')],
        },
      })
      expectSums(cutOff.result)
      expect(cutOff.result.written).toBeGreaterThan(0)
      expect(cutOff.result.unsettled).toBeGreaterThan(0)
      await server.restart()
      const again = (await importing(long, url)) as ImportDocument
      expect(again, JSON.stringify(again)).toMatchObject({
        status: 0,
        result: { total: { events: long.events, written: long.events, duplicates: 0, conflicts: 0 } },
      })
      expectSums(again.result)
      expect(await contentOf(url)).toEqual(content)
    })
  })

  it('steps down for another member of its set takes no notice', { timeout }, async () => {
    await using set = await startReplicaSet({ members: 3 })
    const url = set.url('x')
    const imported = await importing(dump, url, async () => {
      await inTheMiddle(url)
      await set.stepDown()
    })
    expect(imported, JSON.stringify(imported)).toMatchObject({
      status: 0,
      result: {
        events: dump.events,
        written: dump.events,
        duplicates: 0,
        skipped: 0,
        unsettled: 0,
        total: null,
      },
    })
    expect(await contentOf(url)).toEqual(expected)
  })
})
