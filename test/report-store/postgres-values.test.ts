import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import type { NewReport, ReportStore, RowChange } from '../../src/report-store/report-store.ts'
import { begun, change, commitOf, point, read, REPORT, row } from '../contracts/report-store/support.ts'
import { describeWithPostgres, startPostgres, withClient, type Postgres } from '../servers/postgres.ts'

const KEY = ['IT', '2016-01-01'] as const

describeWithPostgres('values in PostgreSQL', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  async function withStore(
    use: (store: ReportStore, url: string) => Promise<void>,
    settings = '',
  ): Promise<void> {
    const url = await server.createDatabase()
    const database = new URL(url).pathname.slice(1)
    for (const setting of settings.split(';').filter((each) => each !== '')) {
      await withClient(server.url(), (client) => client.query(`ALTER DATABASE ${database} SET ${setting}`))
    }
    const store = await openReportStore(url)
    await use(store, url)
    await store.close()
  }

  const refusal = async (store: ReportStore, rows: RowChange[]): Promise<unknown> => {
    const report = (await store.status(REPORT.name)) ?? (await store.open(REPORT))
    const lease = await store.acquire(report, 'me', 60_000, () => true)
    const token = lease.granted ? lease.token : 0n
    return store.commit(commitOf(report, token, { rows })).catch((error: unknown) => error)
  }

  const EDGES = [
    { landed: new Date('-004712-11-24T00:00:00.001Z'), ratio: -0, tags: { b: 1, a: 2, '1': 3 } },
    { landed: new Date('0000-02-29T12:00:00.999Z'), ratio: Number.NaN, tags: null },
    { landed: new Date('-000001-12-31T23:59:59.999Z'), ratio: Number.NEGATIVE_INFINITY, tags: '{"a":"b"}' },
    { landed: new Date(8.64e15), ratio: 5e-324, tags: String.raw`\u0000 "\ud800` },
    { landed: new Date('1969-12-31T23:59:59.999Z'), ratio: 1.797_693_134_862_315_7e308, tags: [1e21, 'ü😀'] },
    { landed: new Date('0099-01-01T00:00:00.010Z'), ratio: 0.1 + 0.2, tags: {} },
  ]
  const DAYS = ['0000-02-29', '0001-01-01', '1969-12-31', '2016-02-29', '9999-12-31', '0000-01-01']
  const SETTINGS = [
    '',
    `TimeZone = 'America/St_Johns'; DateStyle = 'German, DMY'; IntervalStyle = sql_standard; bytea_output = escape;
     extra_float_digits = 3; default_transaction_isolation = serializable`,
    `default_transaction_read_only = on; standard_conforming_strings = off; array_nulls = off`,
  ]
  test.each(SETTINGS)(
    'at their edges come back as they went in, with the settings [%s]',
    async (settings) => {
      await withStore(async (store) => {
        const rows = EDGES.map((values, i) => change('IT', DAYS[i] ?? '', row(values)))
        await store.open(REPORT)
        const { report } = await begun(store, rows)
        const loaded = await store.load(
          report,
          rows.map(({ key }) => key),
        )
        expect(loaded).toStrictEqual(rows.map((each) => each.row))
        const tags = loaded.map((each) => JSON.stringify(each?.values.at(-1)))
        expect(tags).toEqual(
          EDGES.map((each) => JSON.stringify(each.tags)).map((text) => text.replace('null', 'null')),
        )
        const found = await read(store, { generation: report.generation })
        expect(found.map((values) => values[1])).toEqual(DAYS.toSorted())
        const before = { column: 'landed', comparison: '<', value: new Date('0001-01-01') } as const
        expect(await read(store, { generation: report.generation, where: [before] })).toHaveLength(3)
      }, settings)
    },
  )

  test('that it cannot hold are refused with the name of the column, and nothing is written', async () => {
    await withStore(async (store) => {
      const bad: [string, RowChange][] = [
        ['country', change('a\0b', '2016-01-01', row({}))],
        ['note', change(...KEY, row({ note: '\0' }))],
        ['tags', change(...KEY, row({ tags: ['\0'] }))],
        ['tags', change(...KEY, row({ tags: { '\ud800': 1 } }))],
        ['landed', change(...KEY, row({ landed: new Date(-8.64e15) }))],
      ]
      for (const [column, each] of bad) {
        const refused = await refusal(store, [change('FR', '2016-01-01', row({})), each])
        expect(refused).toMatchObject({ code: 'DEMETRA_REPORT_VALUE', exitCode: 1, context: { column } })
      }
      const long = Array.from({ length: 400 }, (_, i) => Math.sin(i)).join('')
      const tooLong = await refusal(store, [change(long, '2016-01-01', row({}))])
      expect(tooLong).toMatchObject({ code: 'DEMETRA_REPORT_VALUE', exitCode: 1 })
      expect(await read(store)).toEqual([])
      expect(await refusal(store, [change('x'.repeat(2000), '2016-01-01', row({ note: long }))])).toBe(true)
    })
  })

  test('are in the same order as in SQLite, in a database with an order of its own too', async () => {
    const texts = ['Z', 'a', 'é', 'z', 'A', '_', 'ä', '😀', '\uffff', '', ' b', '-a']
    const of: NewReport = { ...REPORT, indexes: [['note']] }
    const [postgres, sqlite] = [
      await openReportStore(await withLocale(server)),
      await openReportStore('sqlite::memory:'),
    ]
    const orders: unknown[] = []
    for (const store of [postgres, sqlite]) {
      const { report, token } = await begun(
        store,
        texts.map((text, i) =>
          change(text, `2016-01-${10 + i}`, row({ note: text, tags: [text], paid: i % 2 === 0 })),
        ),
        {},
        of,
      )
      await store.switchTo(report, token)
      const above = { column: 'note', comparison: '>', value: '_' } as const
      orders.push([
        await read(store),
        await read(store, { where: [above] }),
        await read(store, { order: [{ column: 'paid' }, { column: 'note', descending: true }] }),
        await read(store, { order: [{ column: 'tags' }] }),
        await read(store, { where: [{ column: 'tags', comparison: '!=', value: ['a'] }] }),
      ])
      await store.close()
    }
    expect(orders[0]).toEqual(orders[1])
  })

  test('of rows that were said not to be there, and are, are refused; the next commit goes well', async () => {
    await withStore(async (store) => {
      await store.open(REPORT)
      const rows = [change('IT', '2016-01-01', row({ count: 1 }))]
      const { report, token } = await begun(store, rows, { fresh: true })
      const next = { from: point(1n), checkpoint: point(2n), rows }
      const again = store.commit(commitOf(report, token, { ...next, fresh: true }))
      await expect(again).rejects.toThrow(/duplicate key/u)
      expect(await store.commit(commitOf(report, token, next))).toBe(true)
    })
  })

  test('of many rows are written and read in pieces', async () => {
    await withStore(async (store) => {
      await store.open(REPORT)
      const rows = Array.from({ length: 25_000 }, (_, i) => change(`c${i}`, '2016-01-01', row({ count: i })))
      const { report, token } = await begun(store, rows, { fresh: true })
      const loaded = await store.load(
        report,
        rows.map(({ key }) => key),
      )
      expect(loaded.map((each) => each?.values[1])).toEqual(rows.map((_, i) => i))
      const gone = rows.map(({ key }) => ({ key, row: null }))
      await store.commit(commitOf(report, token, { from: point(1n), checkpoint: point(2n), rows: gone }))
      expect(await read(store, { generation: report.generation })).toEqual([])
    })
  })
})

/** A database whose own order of texts is that of people. */
async function withLocale(server: Postgres): Promise<string> {
  await withClient(server.url(), (client) =>
    client.query(`CREATE DATABASE ordered TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C'`),
  )
  return server.url('ordered')
}
