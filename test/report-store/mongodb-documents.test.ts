import { Decimal128, Long, MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { claimAtOnce } from '../../src/report-store/mongodb/claim.ts'
import { sessionId } from '../../src/report-store/mongodb/commit-sessions.ts'
import { acquireLease } from '../../src/report-store/mongodb/leases.ts'
import { openReportStore } from '../../src/report-store/open.ts'
import type { NewReport, ReportStatus, ReportStore, RowChange } from '../../src/report-store/report-store.ts'
import { change, COLUMNS, commitOf, EMPTY, point, REPORT, row } from '../contracts/report-store/support.ts'
import { describeWithMongod, type ReplicaSet, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { freshUrl } from './mongo-reports.ts'

const FULL = {
  landed: new Date('2016-01-01T12:00:00.123Z'),
  count: 7,
  amount: '-12.50',
  ratio: 2,
  big: 2n ** 62n,
  paid: true,
  note: null,
  tags: { b: [1, 0.5, null], a: 'x' },
}

describeWithMongod('what MongoDB keeps of a report', () => {
  let set: ReplicaSet
  let client: MongoClient
  beforeAll(async () => {
    set = await startReplicaSet({ members: 1 })
    client = new MongoClient(set.url('any'))
  })
  afterAll(async () => {
    await client.close()
    await set.stop()
  })
  const opened = async (of: NewReport = REPORT) => {
    const url = freshUrl((name) => set.url(name))
    const store = await openReportStore(url)
    const report = await store.open(of)
    const lease = await store.acquire(report, 'me', 30_000)
    const db = client.db(new URL(url).pathname.slice(1))
    return { store, report, token: lease.granted ? lease.token : 0n, db }
  }
  const write = (store: ReportStore, report: ReportStatus, rows: RowChange[]) =>
    store.commit(commitOf(report, 1n, { rows }))

  test('values are of the types that people query by; what is not set is not there', async () => {
    const { store, report, db } = await opened()
    await write(store, report, [change('IT', '2016-01-01', row(FULL)), change('FR', '2016-01-02', EMPTY)])
    const found = await db
      .collection(report.table)
      .find({}, { promoteValues: false })
      .sort({ _id: 1 })
      .toArray()
    expect(found.map((each) => ({ ...each }))).toMatchObject([
      { _id: { country: 'FR', day: '2016-01-02' }, demetra_waiting: ['landed', 'note'] },
      { _id: { country: 'IT', day: '2016-01-01' }, country: 'IT', day: '2016-01-01', note: null },
    ])
    expect(Object.keys(found[0] ?? {})).not.toContain('note')
    const types = Object.fromEntries(COLUMNS.map(({ name }) => [name, { $type: `$${name}` }]))
    const [typed] = await db
      .collection(report.view)
      .aggregate([{ $project: types }])
      .toArray()
    expect(typed).toEqual({
      country: 'string',
      day: 'string',
      landed: 'date',
      count: 'long',
      amount: 'decimal',
      ratio: 'double',
      big: 'long',
      paid: 'bool',
      note: 'null',
      tags: 'object',
    })
    const query = {
      amount: { $lt: Decimal128.fromString('-12.4') },
      big: Long.fromBigInt(2n ** 62n),
      'tags.a': 'x',
    }
    expect(await db.collection(report.view).countDocuments(query)).toBe(1)
    await store.close()
  })

  test('the view has the columns that are not hidden, and nothing of ours', async () => {
    const { store, report, db } = await opened({ ...REPORT, hidden: ['tags', 'big'] })
    await write(store, report, [change('IT', '2016-01-01', row(FULL))])
    const [seen] = await db.collection(report.view).find().toArray()
    expect(Object.keys(seen ?? {}).toSorted()).toEqual(
      ['country', 'day', 'landed', 'count', 'amount', 'ratio', 'paid', 'note'].toSorted(),
    )
    await store.close()
  })

  test('a nested value that a document would change is kept as text, and comes back', async () => {
    const values = [
      { $ref: 'x', $id: 1 },
      { _bsontype: 'Long' },
      ['\ud800'],
      JSON.parse('{"__proto__":1}'),
      null,
      [[]],
    ]
    const { store, report, db } = await opened()
    const day = (i: number) => `2016-01-0${i + 1}`
    const rows = values.map((tags, i) => change('IT', day(i), row({ ...FULL, tags })))
    await write(store, report, rows)
    const loaded = await store.load(
      report,
      values.map((_, i) => ['IT', day(i)]),
    )
    expect(loaded.map((each) => JSON.stringify(each?.values.at(-1)))).toEqual(
      values.map((value) => JSON.stringify(value)),
    )
    const found = await db.collection(report.table).find({ demetra_text: 'tags' }).sort({ _id: 1 }).toArray()
    expect(found.map(({ tags }) => tags as unknown)).toEqual(
      values.slice(0, 4).map((value) => JSON.stringify(value)),
    )
    const read = await store.read(REPORT.name, { where: [{ column: 'tags', comparison: '=', value: [[]] }] })
    for await (const batch of read?.batches ?? []) expect(batch.map(([, of]) => of)).toEqual([day(5)])
    await store.close()
  })

  test('what cannot be kept is refused before anything is written', async () => {
    const { store, report } = await opened()
    const decimals = ['1'.repeat(34), '0.00000000', '1' + '0'.repeat(40), '-0.0000000000000000000000000012']
    const rows = decimals.map((amount, i) => change('IT', `2016-01-0${i + 1}`, row({ ...FULL, amount })))
    expect(await write(store, report, rows)).toBe(true)
    const loaded = await store.load(
      report,
      rows.map(({ key }) => key),
    )
    expect(loaded.map((each) => each?.values[2])).toEqual(decimals)
    const refused = { code: 'DEMETRA_REPORT_VALUE', exitCode: 1 }
    for (const bad of [{ amount: '1'.repeat(35) }, { big: 2n ** 63n }]) {
      const wrong = [change('FR', '2016-01-01', row({})), change('IT', '2016-01-01', row(bad))]
      const commit = commitOf(report, 1n, { from: point(1n), checkpoint: point(2n), rows: wrong })
      await expect(store.commit(commit)).rejects.toMatchObject(refused)
    }
    expect(await store.load(report, [['FR', '2016-01-01']])).toEqual([null])
    for (const name of ['_id', 'a.b', '$a']) {
      const columns = [...COLUMNS, { ...(COLUMNS[5] ?? COLUMNS[0]), name } as (typeof COLUMNS)[number]]
      const wrong = store.begin({ ...REPORT, columns })
      await expect(wrong).rejects.toMatchObject({ code: 'DEMETRA_REPORT_COLUMN', exitCode: 2 })
    }
    await store.close()
  })

  test('keys that are equal numbers are one row', async () => {
    const rate = { ...COLUMNS[4], name: 'rate', key: true } as (typeof COLUMNS)[number]
    const { store, report, token } = await opened({ ...REPORT, columns: [rate, ...COLUMNS.slice(2)] })
    const rows = (key: string, count: number) => [{ key: [key], row: row({ ...FULL, count }) }]
    await write(store, report, rows('1.50', 1))
    const next = { from: point(1n), checkpoint: point(2n), rows: rows('1.5', 2) }
    expect(await store.commit(commitOf(report, token, next))).toBe(true)
    const loaded = await store.load(report, [['1.500'], ['1.5'], ['1.6']])
    expect(loaded.map((each) => each?.values[1])).toEqual([2, 2, undefined])
    await store.close()
  })

  test('another thing of the name of the view is left as it is', async () => {
    const url = freshUrl((name) => set.url(name))
    const store = await openReportStore(url)
    await client.db(new URL(url).pathname.slice(1)).createCollection('sales_per_day')
    const taken = { code: 'DEMETRA_REPORT_NAME_TAKEN', exitCode: 1 }
    await expect(store.open(REPORT)).rejects.toMatchObject(taken)
    await expect(store.begin(REPORT)).rejects.toMatchObject(taken)
    await store.close()
  })

  test('nobody waits for the transaction of a process that was killed', async () => {
    const { store, report, db } = await opened()
    const database = await Database.connect(set.url(db.databaseName))
    const session = database.session()
    const lease = await acquireLease(database, report, 'killed', 30_000, () => true, sessionId(session))
    session.startTransaction()
    const token = lease?.granted === true ? lease.token : 0n
    expect(await claimAtOnce(database, commitOf(report, token, {}), 'killed', session)).not.toBeNull()
    const startedAt = performance.now()
    const next = await store.acquire(report, 'next', 30_000, (owner) => owner === 'killed')
    expect(next).toEqual({ granted: true, token: token + 1n })
    const rows = [change('IT', '2016-01-01', row(FULL))]
    expect(await store.commit(commitOf(report, token + 1n, { rows }))).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    await expect(session.commitTransaction()).rejects.toThrow(/transaction/iu)
    await database.close()
    await store.close()
  })

  test('a commit over an election counts once', async () => {
    const { store, report, token } = await opened()
    const rows = Array.from({ length: 3000 }, (_, i) => change(`c${i}`, '2016-01-01', row({ count: 1 })))
    const [done] = await Promise.all([store.commit(commitOf(report, token, { rows })), set.stepDown()])
    expect(done).toBe(true)
    expect((await store.status(REPORT.name))?.checkpoint).toEqual(point(1n))
    expect(
      (
        await store.load(
          report,
          rows.map(({ key }) => key),
        )
      ).every((each) => each?.values[1] === 1),
    ).toBe(true)
    await store.close()
  })
})

describeWithMongod('a user of MongoDB', () => {
  test('needs readWrite and dbAdmin; what is refused is said without the password', async () => {
    const auth = { username: 'root', password: 'secret-1' }
    await using server = await startMongod({ auth })
    await using client = new MongoClient(server.url('reports'))
    const user = async (name: string, roles: string[]) => {
      await client.db('reports').command({ createUser: name, pwd: 'secret-2', roles })
      return `mongodb://${name}:secret-2@127.0.0.1:${server.port}/reports`
    }
    const weak = await openReportStore(await user('weak', ['readWrite']))
    await expect(weak.begin(REPORT)).rejects.toMatchObject({
      code: 'DEMETRA_REPORT_STORE_RIGHTS',
      exitCode: 1,
    })
    await weak.close()
    const url = await user('strong', ['readWrite', 'dbAdmin'])
    const strong = await openReportStore(url)
    await strong.open(REPORT)
    const next = await strong.begin(REPORT)
    await strong.acquire(next, 'me', 1000)
    expect(await strong.switchTo(next, 1n)).toBe(true)
    await strong.close()
    const stranger = await openReportStore(url.replace('secret-2', 'secret-3'))
    expect(stranger.url).not.toContain('secret')
    const refused = stranger.status(REPORT.name)
    await expect(refused).rejects.toMatchObject({ code: 'DEMETRA_REPORT_STORE_LOGIN', exitCode: 1 })
    await expect(refused).rejects.not.toThrow(/secret|event store/u)
    await stranger.close()
  })

  test('is told of a server that is not there', async () => {
    const store = await openReportStore('mongodb://u:secret@127.0.0.1:1/reports?serverSelectionTimeoutMS=300')
    const failed = store.status('x')
    await expect(failed).rejects.toMatchObject({ code: 'DEMETRA_REPORT_STORE_UNREACHABLE', exitCode: 10 })
    await expect(failed).rejects.toThrow(/report store/u)
    await store.close()
  })
})
