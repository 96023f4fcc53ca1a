import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { MongoReportStore } from '../../src/report-store/mongodb.ts'
import { claimNumber } from '../../src/report-store/mongodb/claim.ts'
import { tornNumbers } from '../../src/report-store/mongodb/commit-marks.ts'
import type { OnStep } from '../../src/report-store/mongodb/numbered-commit.ts'
import { RowCodec, type RowDocument } from '../../src/report-store/mongodb/row-document.ts'
import { writeRows } from '../../src/report-store/mongodb/write-rows.ts'
import type { ReportColumn } from '../../src/report-store/report-column.ts'
import type { NewReport, ReportCommit, ReportStatus, RowChange } from '../../src/report-store/report-store.ts'
import { commitOf, point } from '../contracts/report-store/support.ts'
import { describeWithMongod, type Mongod, startMongod } from '../servers/mongod.ts'
import { until } from '../servers/poll.ts'
import { startTcpProxy } from '../servers/tcp-proxy.ts'
import { freshUrl } from './mongo-reports.ts'

const STEPS = ['number', 'rows', 'memory', 'checkpoint'] as const
const KEYS = ['a', 'b', 'c', 'd', 'e']
const plain = { required: false, nullable: false }
const COLUMNS: ReportColumn[] = [
  { name: 'id', type: 'text', key: true, ...plain },
  { name: 'count', type: 'integer', key: false, ...plain },
]
const REPORT: NewReport = {
  name: 'counts',
  eventStoreId: 'store-1',
  version: 1,
  columns: COLUMNS,
  memory: COLUMNS,
  hidden: [],
  indexes: [],
}
/** More than the driver sends by itself. */
const ROWS_BYTES = 400
type Counts = Map<string, number>

/** Each commit counts on from what is loaded; a sum of 4 deletes the row. So anything that is applied twice shows. */
class Run {
  readonly store: MongoReportStore
  readonly report: ReportStatus
  readonly token: bigint

  constructor(store: MongoReportStore, report: ReportStatus, token: bigint) {
    this.store = store
    this.report = report
    this.token = token
  }

  static async begin(url: string, onStep: OnStep = () => undefined): Promise<Run> {
    const store = new MongoReportStore(url, { onStep })
    const report = await store.open(REPORT)
    const lease = await store.acquire(report, 'me', 30_000, () => true)
    return new Run(store, report, lease.granted ? lease.token : 0n)
  }

  async commitTo(keys: readonly string[], fresh = false): Promise<ReportCommit> {
    const [rows, memory] = [await this.#next(keys, 'rows'), await this.#next(keys, 'memory')]
    const next = point((this.report.checkpoint?.position ?? 0n) + 1n)
    return commitOf(this.report, this.token, { rows, memory, checkpoint: next, fresh })
  }

  async counts(part: 'rows' | 'memory'): Promise<Counts> {
    const loaded = await this.store.load(
      this.report,
      KEYS.map((key) => [key]),
      part,
    )
    return new Map(KEYS.flatMap((key, i) => (loaded[i] ? [[key, loaded[i].values[0] as number]] : [])))
  }

  async #next(keys: readonly string[], part: 'rows' | 'memory'): Promise<RowChange[]> {
    const before = await this.counts(part)
    return keys.map((key) => {
      const count = (before.get(key) ?? 0) + 1
      return { key: [key], row: count === 4 ? null : { values: [count], waiting: [] } }
    })
  }
}

describeWithMongod('commits in steps, on a standalone server', () => {
  let server: Mongod
  let client: MongoClient
  beforeAll(async () => {
    server = await startMongod()
    client = new MongoClient(server.url('any'))
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  const viewOf = async (url: string): Promise<Counts> => {
    const name = new URL(url).pathname.slice(1)
    const shown = await client.db(name).collection('counts').find().sort({ id: 1 }).toArray()
    return new Map(shown.map(({ id, count }) => [id as string, count as number]))
  }
  const readOf = async ({ store }: Run): Promise<Counts> => {
    const found = await store.read('counts')
    const counts: Counts = new Map()
    for await (const batch of found?.batches ?? []) {
      for (const [id, count] of batch) counts.set(id as string, count as number)
    }
    return counts
  }
  const freshDatabase = () => freshUrl((name) => server.url(name))

  test('cut off after any step and run again, again and again, each commit counts once', async () => {
    const url = freshDatabase()
    const expected: Counts = new Map()
    let done = 0
    for (let round = 0; round < 60; round += 1) {
      // two times in three it is cut off
      const cutOff = round % 3 === 2 ? undefined : STEPS[(round * 7) % STEPS.length]
      const run = await Run.begin(url, (step) => {
        if (step === cutOff) throw new Error('cut off')
      })
      const keys = KEYS.filter((_, i) => (round * (i + 3)) % 4 < 2)
      expect(run.report.checkpoint?.position ?? 0n).toBe(BigInt(done))
      const commit = run.store.commit(await run.commitTo(keys))
      if (cutOff === undefined) expect(await commit).toBe(true)
      else await expect(commit).rejects.toThrow('cut off')
      if (cutOff === undefined || cutOff === 'checkpoint') {
        done += 1
        for (const key of keys) {
          const count = (expected.get(key) ?? 0) + 1
          if (count === 4) expected.delete(key)
          else expected.set(key, count)
        }
      }
      const again = await Run.begin(url)
      expect(await again.counts('rows')).toEqual(expected)
      expect(await again.counts('memory')).toEqual(expected)
      expect(await readOf(again)).toEqual(expected)
      if (cutOff === undefined) expect(await viewOf(url)).toEqual(expected)
      await run.store.close()
      await again.store.close()
    }
    expect(done).toBeGreaterThan(20)
  })

  test('cut off among its rows, the next one need not touch the same rows', async () => {
    const url = freshDatabase()
    const first = await Run.begin(url)
    expect(await first.store.commit(await first.commitTo(['a', 'b']))).toBe(true)
    await first.store.close()
    const second = await Run.begin(url)
    await writeHalf(url, await second.commitTo(['a', 'b', 'c', 'd']))
    expect(await viewOf(url)).toEqual(new Map(Object.entries({ a: 2, b: 1, c: 1 })))
    expect(await second.counts('rows')).toEqual(new Map(Object.entries({ a: 1, b: 1 })))
    expect(await readOf(second)).toEqual(new Map(Object.entries({ a: 1, b: 1 })))
    await second.store.close()
    const third = await Run.begin(url)
    expect(await third.store.commit(await third.commitTo(['b']))).toBe(true)
    const expected = new Map(Object.entries({ a: 1, b: 2 }))
    expect(await third.counts('rows')).toEqual(expected)
    expect(await readOf(third)).toEqual(expected)
    expect(await viewOf(url)).toEqual(expected)
    await third.store.close()
  })

  test('whose connection is lost while its rows are on their way writes them again', async () => {
    const url = freshDatabase()
    await using proxy = await startTcpProxy(server.port)
    const run = await Run.begin(url.replace(`:${server.port}`, `:${proxy.port}`), (step) => {
      if (step === 'number') proxy.hold()
    })
    // fresh, so that the rows are the first that is sent
    const committing = run.store.commit(await run.commitTo(KEYS, true))
    await until('rows are on their way', () => proxy.heldBytes > ROWS_BYTES)
    proxy.cut()
    proxy.release()
    expect(await committing).toBe(true)
    for (const part of ['rows', 'memory'] as const) {
      expect(await run.counts(part)).toEqual(new Map(KEYS.map((key) => [key, 1])))
    }
    await run.store.close()
  })

  test('a writer that stands still, loses its lease and goes on changes nothing', async () => {
    const url = freshDatabase()
    const stood = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const first = await Run.begin(url, async (step) => {
      if (step !== 'number') return
      stood.resolve()
      await goOn.promise
    })
    const late = first.store.commit(await first.commitTo(['a', 'b', 'c']))
    await stood.promise
    const second = await Run.begin(url)
    expect(await second.store.commit(await second.commitTo(['a', 'd']))).toBe(true)
    goOn.resolve()
    expect(await late).toBe(false)
    const expected = new Map(Object.entries({ a: 1, d: 1 }))
    expect(await second.counts('rows')).toEqual(expected)
    expect(await second.counts('memory')).toEqual(expected)
    expect(await viewOf(url)).toEqual(expected)
    await first.store.close()
    await second.store.close()
  })

  test('a fill that was cut off and is done again, fresh, is whole', async () => {
    const url = freshDatabase()
    for (const cutOff of ['rows', 'memory', undefined]) {
      const run = await Run.begin(url, (step) => {
        if (step === cutOff) throw new Error('cut off')
      })
      const commit = run.store.commit(await run.commitTo(['a', 'b'], true))
      if (cutOff !== undefined) await expect(commit).rejects.toThrow('cut off')
      else expect(await commit).toBe(true)
      await run.store.close()
    }
    expect(await viewOf(url)).toEqual(new Map(Object.entries({ a: 1, b: 1 })))
  })
})

/** What a program leaves that is killed at its second or third row. */
async function writeHalf(url: string, commit: ReportCommit): Promise<void> {
  const database = await Database.connect(url)
  const claimed = await claimNumber(database, commit, 'killed')
  const codec = new RowCodec(COLUMNS)
  const half = commit.rows.filter(({ key }) => key[0] === 'a' || key[0] === 'c')
  const rows = database.collection<RowDocument>('counts__g1')
  const changes = half.map((change) => codec.change(change))
  const torn = tornNumbers(claimed ?? { torn: [] })
  await writeRows({ database, rows, codec, number: claimed?.pending ?? 0, torn, now: new Date() }, changes)
  await database.close()
}
