import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PostgresReportStore } from '../../src/report-store/postgres.ts'
import type { NewReport } from '../../src/report-store/report-store.ts'
import { begun, change, COLUMNS, REPORT, row } from '../contracts/report-store/support.ts'
import { describeWithPostgres, startPostgres, withClient, type Postgres } from '../servers/postgres.ts'

const VIEW = 'sales_per_day'
const KEY = ['IT', '2016-01-01'] as const
const ROWS = [change(...KEY, row({ count: 1, amount: '9.50', tags: { b: 1, a: [null] } }))]
const WITHOUT_TAGS: NewReport = { ...REPORT, columns: COLUMNS.filter(({ name }) => name !== 'tags') }
const WITH_MORE: NewReport = {
  ...REPORT,
  columns: [...COLUMNS, { name: 'more', type: 'text', key: false, required: false, nullable: false }],
}

describeWithPostgres('the view of a report in PostgreSQL', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
    await withClient(server.url(), (client) => client.query('CREATE ROLE analyst; CREATE ROLE intern'))
  })
  afterAll(() => server.stop())

  async function withReport(
    use: (store: PostgresReportStore, client: Client, url: string) => Promise<void>,
    patienceMs = 60_000,
  ): Promise<void> {
    const url = await server.createDatabase()
    const store = new PostgresReportStore(url, { patienceMs })
    await store.open(REPORT)
    await withClient(url, (client) => use(store, client, url))
    await store.close()
  }

  const switchTo = async (store: PostgresReportStore, of: NewReport): Promise<boolean> => {
    const isShort = of.columns.length < COLUMNS.length
    const { report, token } = await begun(store, isShort ? [] : ROWS, {}, of)
    return store.switchTo(report, token)
  }

  test("has the database's own types, and nested values that can be searched", async () => {
    await withReport(async (store, client) => {
      await switchTo(store, REPORT)
      const types = await client.query<{ t: string }>(
        `SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(' ' || collation_name, '') AS t
         FROM information_schema.columns WHERE table_name IN ($1, $2) ORDER BY table_name, ordinal_position`,
        [VIEW, `${VIEW}__g2`],
      )
      const of = (table: string, json: string) => [
        `${table}.country text C`,
        `${table}.day date`,
        `${table}.landed timestamp with time zone`,
        `${table}.count bigint`,
        `${table}.amount numeric`,
        `${table}.ratio double precision`,
        `${table}.big bigint`,
        `${table}.paid boolean`,
        `${table}.note text C`,
        `${table}.tags ${json}`,
      ]
      expect(types.rows.map(({ t }) => t)).toEqual([
        ...of(VIEW, 'jsonb'),
        ...of(`${VIEW}__g2`, 'json'),
        `${VIEW}__g2.demetra_waiting ARRAY`,
      ])
      const found = await client.query(
        `SELECT sum(amount)::text, count(*)::int FROM ${VIEW} WHERE tags @> '{"b": 1}' AND day = '2016-01-01'`,
      )
      expect(found.rows).toEqual([{ sum: '9.50', count: 1 }])
      const key = await client.query(`SELECT pg_get_constraintdef(oid) AS d FROM pg_constraint
        WHERE conrelid = '${VIEW}__g2'::regclass AND contype = 'p'`)
      expect(key.rows).toEqual([{ d: 'PRIMARY KEY (country, day)' }])
    })
  })

  test('keeps what people made of it when its columns stay, or more are added', async () => {
    await withReport(async (store, client) => {
      await client.query(`GRANT SELECT ON ${VIEW} TO analyst`)
      await client.query(`CREATE VIEW italy AS SELECT count FROM ${VIEW} WHERE country = 'IT'`)
      for (const of of [REPORT, WITH_MORE]) {
        expect(await switchTo(store, of)).toBe(true)
        expect((await client.query('TABLE italy')).rows).toEqual([{ count: '1' }])
        const may = await client.query(`SELECT has_table_privilege('analyst', '${VIEW}', 'SELECT') AS may`)
        expect(may.rows).toEqual([{ may: true }])
      }
      expect((await client.query(`SELECT more FROM ${VIEW}`)).rows).toEqual([{ more: null }])
    })
  })

  test('keeps grants and comment when it has to be made anew', async () => {
    await withReport(async (store, client) => {
      await client.query(`GRANT SELECT ON ${VIEW} TO analyst WITH GRANT OPTION;
        GRANT SELECT (count), SELECT (tags) ON ${VIEW} TO intern; COMMENT ON VIEW ${VIEW} IS E'it\\'s \\\\ ours';
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC`)
      expect(await switchTo(store, WITHOUT_TAGS)).toBe(true)
      const grants = await client.query<{ g: string }>(
        `SELECT coalesce(r.rolname, 'PUBLIC') || ' ' || x.privilege_type || ' ' || x.is_grantable AS g
         FROM pg_class c, aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
         WHERE c.relname = $1 AND x.grantee <> c.relowner`,
        [VIEW],
      )
      expect(grants.rows.map(({ g }) => g)).toEqual(['analyst SELECT true'])
      const may = await client.query(
        `SELECT has_column_privilege('intern', '${VIEW}', 'count', 'SELECT') AS count,
           has_column_privilege('intern', '${VIEW}', 'paid', 'SELECT') AS paid,
           obj_description('${VIEW}'::regclass, 'pg_class') AS comment`,
      )
      expect(may.rows).toEqual([{ count: true, paid: false, comment: "it's \\ ours" }])
    })
  })

  test('is not switched to other columns under a view of other people, which is named', async () => {
    await withReport(async (store, client) => {
      await client.query(`CREATE VIEW "My sales" AS SELECT tags FROM ${VIEW}`)
      const { report, token } = await begun(store, [], {}, WITHOUT_TAGS)
      const refusal = { code: 'DEMETRA_REPORT_VIEW_IN_USE', exitCode: 1, message: /used by: "My sales"$/u }
      const refused = await store.switchTo(report, token).catch((error: unknown) => error)
      expect(refused).toMatchObject({ ...refusal, message: expect.stringMatching(refusal.message) })
      expect(await store.status(REPORT.name)).toMatchObject({ generation: 1, inUse: true })
      await client.query('DROP VIEW "My sales"')
      expect(await store.switchTo(report, token)).toBe(true)
      expect(await store.status(REPORT.name)).toMatchObject({ generation: 2, inUse: true })
    })
  })

  test('waits for a reader that stands still in a transaction, and says in the end who it is', async () => {
    await withReport(async (store, client, url) => {
      await client.query(`BEGIN; SELECT * FROM ${VIEW}`)
      const { report, token } = await begun(store, ROWS)
      const blocked = await store.switchTo(report, token).catch((error: unknown) => error)
      expect(blocked).toMatchObject({ code: 'DEMETRA_REPORT_VIEW_BLOCKED', exitCode: 5 })
      expect(blocked).toMatchObject({
        message: expect.stringMatching(/of postgres \(idle in transaction, since 2/u),
      })
      expect(await store.status(REPORT.name)).toMatchObject({ generation: 1 })

      const patient = new PostgresReportStore(url)
      const switched = patient.switchTo(report, token)
      await waitingFor(url, 'AccessExclusiveLock')
      await client.query('COMMIT')
      expect(await switched).toBe(true)
      await patient.close()
    }, 0)
  })

  test('shows whole reports to people while it is switched and old generations are dropped', async () => {
    await withReport(async (store, _, url) => {
      const days = Array.from({ length: 20 }, (_each, i) => `2016-01-${10 + i}`)
      const rowsOf = (count: number) => days.map((day) => change('IT', day, row({ count })))
      const first = await begun(store, rowsOf(1))
      await store.switchTo(first.report, first.token)
      const over = new AbortController()
      const people = async (query: object): Promise<number> =>
        withClient(url, async (client) => {
          let reads = 0
          for (let newest = 0; !over.signal.aborted; reads += 1) {
            const { rows } = await client.query<{ count: string }>(query as { text: string })
            const counts = new Set(rows.map(({ count }) => Number(count)))
            expect(rows).toHaveLength(days.length)
            expect(counts.size).toBe(1)
            expect(Math.max(...counts)).toBeGreaterThanOrEqual(newest)
            newest = Math.max(...counts)
          }
          return reads
        })
      const switching = async (): Promise<void> => {
        let before = first.report
        for (let count = 2; count <= 40; count += 1) {
          const { report, token } = await begun(store, rowsOf(count))
          expect(await store.switchTo(report, token)).toBe(true)
          await store.drop(before)
          before = report
        }
      }
      const text = `SELECT count FROM ${VIEW}`
      const [, ...reads] = await Promise.all([
        switching().finally(() => over.abort()),
        people({ text }),
        people({ text, name: 'prepared' }),
      ])
      for (const count of reads) expect(count).toBeGreaterThan(39)
    })
  })

  test('is left alone where the name belongs to somebody else', async () => {
    await withReport(async (store, client) => {
      await client.query(
        'CREATE TABLE order_by (x int); CREATE SCHEMA other; CREATE TABLE other.elsewhere (x int)',
      )
      const taken = { code: 'DEMETRA_REPORT_NAME_TAKEN', exitCode: 1 }
      await expect(store.open({ ...REPORT, name: 'order-by' })).rejects.toMatchObject(taken)
      await expect(store.begin({ ...REPORT, name: 'order-by' })).rejects.toMatchObject(taken)
      await expect(store.open({ ...REPORT, name: 'sales_per_day' })).rejects.toMatchObject(taken)
      await store.open({ ...REPORT, name: 'elsewhere' })
      expect((await store.list()).map(({ name }) => name)).toEqual(['elsewhere', 'sales-per-day'])
      const { report, token } = await begun(store, [], {}, { ...REPORT, name: 'late' })
      await client.query('CREATE TABLE late (x int)')
      await expect(store.switchTo(report, token)).rejects.toMatchObject(taken)
    })
  })
})

/** Until some connection waits for such a lock. */
async function waitingFor(url: string, mode: string): Promise<void> {
  await withClient(url, async (client) => {
    for (;;) {
      const sql = 'SELECT 1 FROM pg_locks WHERE NOT granted AND mode = $1'
      if ((await client.query(sql, [mode])).rowCount !== 0) return
    }
  })
}
