import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import { PostgresReportStore } from '../../src/report-store/postgres.ts'
import { explained } from '../../src/report-store/postgres/errors.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { begun, change, commitOf, point, read, REPORT, row } from '../contracts/report-store/support.ts'
import { freePort } from '../servers/free-port.ts'
import { describeWithPostgres, startPostgres, withClient, type Postgres } from '../servers/postgres.ts'

const KEY = ['IT', '2016-01-01'] as const

describeWithPostgres('what is wrong with a report store in PostgreSQL is said', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres({ auth: { username: 'ann', password: 's3cret' } })
  })
  afterAll(() => server.stop())

  /** What `use` fails with. */
  async function failure(url: string, use = (store: ReportStore) => store.list() as Promise<unknown>) {
    const store = await openReportStore(url)
    const error = await use(store).catch((thrown: unknown) => thrown)
    await store.close()
    expect(String(error)).not.toContain('s3cret')
    expect(JSON.stringify(error)).not.toContain('s3cret')
    return error
  }

  test('a server that is not there', async () => {
    const unreachable = { code: 'DEMETRA_REPORT_STORE_UNREACHABLE', exitCode: 10 }
    const nobody = `127.0.0.1:${await freePort()}`
    for (const host of [nobody, `localhost:${nobody.split(':')[1]}`, 'no-such-host.invalid']) {
      const error = await failure(`postgres://ann:s3cret@${host}/shop`)
      expect(error).toMatchObject({ ...unreachable, message: expect.stringContaining(`//***@${host}/shop`) })
    }
  })

  test('a user, password or database that the server does not know', async () => {
    const login = { code: 'DEMETRA_REPORT_STORE_LOGIN', exitCode: 1 }
    const at = `127.0.0.1:${server.port}`
    for (const user of ['ann:wrong-s3cret', 'bob:s3cret', 'ann']) {
      expect(await failure(`postgres://${user}@${at}/postgres`)).toMatchObject(login)
    }
    const missing = { code: 'DEMETRA_REPORT_STORE_MISSING', exitCode: 1 }
    expect(await failure(server.url('nowhere'))).toMatchObject(missing)
  })

  test('rights that the user has not', async () => {
    const url = await server.createDatabase()
    const store = await openReportStore(url)
    await store.open(REPORT)
    await withClient(url, (client) => client.query(`CREATE ROLE guest LOGIN PASSWORD 's3cret'`))
    const guest = url.replace('ann:', 'guest:')
    const rights = { code: 'DEMETRA_REPORT_STORE_RIGHTS', exitCode: 1 }
    expect(await failure(guest)).toMatchObject(rights)
    const empty = (await server.createDatabase()).replace('ann:', 'guest:')
    await withClient(empty.replace('guest:', 'ann:'), (client) =>
      client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC'),
    )
    expect(await failure(empty)).toEqual([])
    expect(await failure(empty, (each) => each.open(REPORT))).toMatchObject(rights)
    await store.close()
  })

  test('too many connections, and other troubles that pass', async () => {
    const url = await server.createDatabase()
    await withClient(url, (client) =>
      client.query(
        `CREATE ROLE one LOGIN PASSWORD 's3cret' CONNECTION LIMIT 1; GRANT ALL ON SCHEMA public TO one`,
      ),
    )
    const one = url.replace('ann:', 'one:')
    const busy = { code: 'DEMETRA_REPORT_STORE_BUSY', exitCode: 5 }
    await withClient(one, async () => expect(await failure(one)).toMatchObject(busy))
    for (const [code, exitCode] of Object.entries({
      '40P01': 5,
      '53200': 5,
      '53100': 5,
      '57P01': 5,
      '57P03': 5,
    })) {
      const error = Object.assign(new Error('x'), { code })
      expect(explained(error, 'postgres://h/d')).toMatchObject({ exitCode })
    }
    const bug = new TypeError('x')
    expect(explained(bug, 'postgres://h/d')).toBe(bug)
  })

  test('a row that somebody keeps locked', async () => {
    const url = await server.createDatabase()
    const store = new PostgresReportStore(url, { lockMs: 500 })
    const report = await store.open(REPORT)
    const lease = await store.acquire(report, 'me', 60_000)
    expect(lease.granted).toBe(true)
    await withClient(url, async (client) => {
      await client.query(`BEGIN; SELECT 1 FROM demetra_reports FOR UPDATE`)
      // a lease that is in the middle of a commit is not lost
      expect(await store.renew(report, 1n, 60_000)).toBe(true)
      expect(await store.renew(report, 2n, 60_000)).toBe(false)
      expect(await store.acquire(report, 'other', 1000)).toMatchObject({ granted: false, owner: 'me' })
      const busy = { code: 'DEMETRA_REPORT_STORE_BUSY', exitCode: 5 }
      await expect(store.acquire(report, 'other', 1000, () => true)).rejects.toMatchObject(busy)
      await client.query('ROLLBACK')
    })
    await store.close()
  })

  test('tables that somebody has changed', async () => {
    const url = await server.createDatabase()
    const store = await openReportStore(url)
    await store.open(REPORT)
    const changed = { code: 'DEMETRA_REPORT_TABLE_CHANGED', exitCode: 1 }
    const hints = [expect.stringContaining('`demetra replay sales-per-day`')]
    const changes = [
      'DROP COLUMN ratio CASCADE',
      'ALTER COLUMN ratio TYPE boolean USING true',
      'RENAME TO elsewhere',
    ]
    for (const sql of changes) {
      const { report, token } = await begun(store, [change(...KEY, row({ ratio: 1 }))])
      await withClient(url, (client) => client.query(`ALTER TABLE ${report.table} ${sql}`))
      const rows = [change(...KEY, row({ ratio: 2 }))]
      const commit = commitOf(report, token, { from: point(1n), checkpoint: point(2n), rows })
      await expect(store.commit(commit)).rejects.toMatchObject({ ...changed, hints })
      if (sql.includes('TYPE')) continue
      await expect(store.load(report, [KEY])).rejects.toMatchObject(changed)
      await expect(read(store, { generation: report.generation })).rejects.toMatchObject(changed)
    }
    expect(await store.generations(REPORT.name)).toHaveLength(4)
    await store.close()
  })

  test('a store of a newer Demetra, and a database of another encoding', async () => {
    const url = await server.createDatabase()
    const store = await openReportStore(url)
    await store.open(REPORT)
    await store.close()
    await withClient(url, (client) => client.query('UPDATE demetra_report_store SET format = 2'))
    expect(await failure(url)).toMatchObject({ code: 'DEMETRA_REPORT_STORE_NEWER', exitCode: 1 })
    await withClient(server.url('postgres'), (client) =>
      client.query(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`),
    )
    const encoding = { code: 'DEMETRA_REPORT_STORE_ENCODING', exitCode: 1 }
    expect(await failure(server.url('latin'), (each) => each.open(REPORT))).toMatchObject(encoding)
  })

  test('a standby', () => {
    const readOnly = Object.assign(new Error('cannot execute INSERT in a read-only transaction'), {
      code: '25006',
    })
    expect(explained(readOnly, 'postgres://h/d')).toMatchObject({
      code: 'DEMETRA_REPORT_STORE_READ_ONLY',
      exitCode: 1,
    })
  })
})

test('a URL without a database is a usage error, and keeps its secrets', async () => {
  for (const url of [
    'postgres://u:s3cret@h',
    'postgres://u:s3cret@h/',
    'postgres:h',
    'postgres://u:s3cret@h:x/d',
  ]) {
    const refused = openReportStore(url)
    await expect(refused).rejects.toMatchObject({ code: 'DEMETRA_REPORT_STORE_URL', exitCode: 2 })
    await expect(refused).rejects.not.toThrow(/s3cret/u)
  }
})
