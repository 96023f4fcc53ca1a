import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import { reportStoreContract } from '../contracts/report-store.contract.ts'
import { begun, change, read, REPORT, row } from '../contracts/report-store/support.ts'
import { describeWithPostgres, startPostgres, withClient, type Postgres } from '../servers/postgres.ts'

describeWithPostgres('the report store in PostgreSQL', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  reportStoreContract('PostgreSQL', {
    givenClock: false,
    cannotHold: { nul: true, datesBefore: new Date('-004713-11-24T00:00:00Z') },
    create: async () => {
      const url = await server.createDatabase()
      const people = new Client({ connectionString: url })
      await people.connect()
      return {
        open: () => openReportStore(url),
        indexes: (table) => indexesOf(url, table),
        view: async (view) => (await people.query<Record<string, unknown>>(`SELECT * FROM "${view}"`)).rows,
        dispose: () => people.end(),
      }
    },
  })

  test('is made once where many begin with it at the same time', async () => {
    const url = await server.createDatabase()
    const stores = await Promise.all(Array.from({ length: 6 }, () => openReportStore(url)))
    const made = await Promise.all(stores.map((store) => store.open(REPORT)))
    expect(new Set(made.map(({ generation }) => generation))).toEqual(new Set([1]))
    await Promise.all(stores.map((store) => store.close()))
  })

  test('lies in the schema that comes first, so that one database holds several', async () => {
    const url = await server.createDatabase()
    await withClient(url, (client) => client.query('CREATE SCHEMA north; CREATE SCHEMA south'))
    for (const [i, schema] of ['north', 'south'].entries()) {
      const store = await openReportStore(`${url}?options=-c%20search_path%3D${schema},public`)
      expect(await store.list()).toEqual([])
      await store.open(REPORT)
      const rows = [change('IT', '2016-01-01', row({ count: i }))]
      const { report, token } = await begun(store, rows)
      expect(await store.switchTo(report, token)).toBe(true)
      expect((await read(store)).map((values) => values[3])).toEqual([i])
      await store.close()
    }
    const counts = 'SELECT count FROM north.sales_per_day UNION ALL SELECT count FROM south.sales_per_day'
    const found = await withClient(url, (client) => client.query<{ count: string }>(counts))
    expect(found.rows.map(({ count }) => count)).toEqual(['0', '1'])
  })
})

async function indexesOf(url: string, table: string): Promise<string[][]> {
  const sql = `SELECT (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k(at, n)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.at) AS columns
    FROM pg_index i WHERE i.indrelid = to_regclass($1) AND NOT i.indisprimary`
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ columns: string[] }>(sql, [`"${table}"`])
    return rows.map(({ columns }) => columns)
  })
}
