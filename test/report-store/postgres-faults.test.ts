import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openReportStore } from '../../src/report-store/open.ts'
import { PostgresReportStore } from '../../src/report-store/postgres.ts'
import type { ReportCommit, ReportStatus, ReportStore } from '../../src/report-store/report-store.ts'
import { change, commitOf, point, read, REPORT, row } from '../contracts/report-store/support.ts'
import { until } from '../servers/poll.ts'
import { describeWithPostgres, startPostgres, withClient, type Postgres } from '../servers/postgres.ts'
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'

const KEY = ['IT', '2016-01-01'] as const

describeWithPostgres('a report store in PostgreSQL under faults', () => {
  let server: Postgres
  let proxy: TcpProxy
  let url: string
  let store: ReportStore
  let report: ReportStatus
  let token: bigint

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    url = await server.createDatabase()
    proxy = await startTcpProxy(server.port)
    store = await openReportStore(url.replace(`:${server.port}/`, `:${proxy.port}/`))
    report = await store.open(REPORT)
    const lease = await store.acquire(report, 'me', 600_000)
    token = lease.granted ? lease.token : 0n
  })
  afterEach(async () => {
    await store.close()
    await proxy.stop()
  })

  /** The commit after `position`, which sets the count to the next one. */
  const next = (position: bigint): ReportCommit =>
    commitOf(report, token, {
      from: position === 0n ? null : point(position),
      checkpoint: point(position + 1n),
      rows: [change(...KEY, row({ count: Number(position) + 1 }))],
      ttlMs: 600_000,
    })
  const counts = async (): Promise<unknown[]> => (await read(store)).map((values) => values[3])

  test('the server is killed between commits: the next run goes on where the last one stopped', async () => {
    for (const position of [0n, 1n, 2n]) {
      expect(await store.commit(next(position))).toBe(true)
      await server.kill()
      const unreachable = { code: 'DEMETRA_REPORT_STORE_UNREACHABLE', exitCode: 10 }
      await expect(store.commit(next(position + 1n))).rejects.toMatchObject(unreachable)
      await expect(store.status(REPORT.name)).rejects.toMatchObject(unreachable)
      await server.restart()
      expect((await store.status(REPORT.name))?.checkpoint).toEqual(point(position + 1n))
      expect(await counts()).toEqual([Number(position) + 1])
    }
  })

  test('the server is started again between commits: nobody notices', async () => {
    expect(await store.commit(next(0n))).toBe(true)
    await server.restart()
    expect(await store.commit(next(1n))).toBe(true)
    await server.restart()
    expect(await store.renew(report, token, 600_000)).toBe(true)
    await server.restart()
    expect(await store.load(report, [KEY])).toEqual([row({ count: 2 })])
    await server.restart()
    expect(await counts()).toEqual([2])
    await server.restart()
    const second = await store.begin(REPORT)
    expect(await store.acquire(second, 'me', 600_000)).toMatchObject({ granted: true })
    await server.restart()
    expect(await store.switchTo(second, 1n)).toBe(true)
    await server.restart()
    await store.drop(report)
    expect(await store.generations(REPORT.name)).toHaveLength(1)
  })

  test('the connection is lost before the commit is over: it is made again', async () => {
    expect(await store.commit(next(0n))).toBe(true)
    const lock = await atCommit()
    const committing = store.commit(next(1n))
    await lock.reached()
    await killWaiting()
    await lock.free()
    expect(await committing).toBe(true)
    expect(await counts()).toEqual([2])
  })

  test.each([
    ['its backend is killed', killWaiting],
    ['the network is gone', async () => proxy.cut()],
  ])('in the middle of a COPY %s: it is made again, with all rows', async (_, lose) => {
    const rows = Array.from({ length: 5000 }, (_row, i) =>
      change(`country ${i}`, '2016-01-01', row({ count: i })),
    )
    const lock = await lockFor(`CREATE TRIGGER waiting BEFORE INSERT ON "${report.table}"
      FOR EACH ROW WHEN (NEW.count = 2500) EXECUTE FUNCTION wait()`)
    const committing = store.commit({ ...next(0n), rows, fresh: true })
    await lock.reached()
    expect(await counts()).toEqual([])
    await lose()
    await lock.free()
    expect(await committing).toBe(true)
    expect((await counts()).toSorted((a, b) => Number(a) - Number(b))).toEqual(rows.map((_row, i) => i))
    expect(await store.commit({ ...next(1n), rows: [] })).toBe(true)
  })

  test('the connection is lost while the commit is on its way: it is known to have happened', async () => {
    const lock = await atCommit()
    const committing = store.commit(next(0n))
    await lock.reached()
    proxy.cut()
    // the one made again waits for the first, and then finds it done
    await until('a second commit', async () => (await waiting()) === 2)
    await lock.free()
    expect(await committing).toBe(true)
    expect(await store.commit(next(1n))).toBe(true)
    expect(await counts()).toEqual([2])
  })

  test('the answer to a commit is lost: it is known to have happened, and not made twice', async () => {
    const lock = await atCommit()
    const committing = store.commit({ ...next(0n), fresh: true })
    await lock.reached()
    proxy.holdReplies()
    await lock.free()
    await until('the commit', async () => (await checkpoints()).includes('1'))
    proxy.cut()
    proxy.releaseReplies()
    expect(await committing).toBe(true)
    expect(await counts()).toEqual([1])
  })

  test('the answer is lost and another writer has gone on: the commit counts as lost', async () => {
    const other = await openReportStore(url)
    const lock = await atCommit()
    const committing = store.commit(next(0n))
    await lock.reached()
    proxy.holdReplies()
    await lock.free()
    await until('the commit', async () => (await checkpoints()).includes('1'))
    const lease = await other.acquire(report, 'other', 600_000, () => true)
    expect(lease).toEqual({ granted: true, token: token + 1n })
    proxy.cut()
    proxy.releaseReplies()
    expect(await committing).toBe(false)
    expect(await other.commit({ ...next(1n), token: token + 1n })).toBe(true)
    await other.close()
  })

  test('a server that stands still is waited for; one that cannot be asked at all is not', async () => {
    expect(await store.commit(next(0n))).toBe(true)
    await server.pause()
    const committing = store.commit(next(1n))
    const stranger = new PostgresReportStore(url, { connectMs: 500 })
    await expect(stranger.list()).rejects.toMatchObject({ exitCode: 10 })
    await server.resume()
    expect(await committing).toBe(true)
    await stranger.close()
  })

  test('a connection is lost in the middle of a read: an error, no shorter report', async () => {
    const days = Array.from({ length: 25 }, (_, i) => `2016-01-${i + 1}`)
    const rows = days.map((day) => change('IT', day.replace(/-(\d)$/u, '-0$1'), row({})))
    await store.commit({ ...next(0n), rows })
    const found = await store.read(REPORT.name, { batchRows: 10 })
    const sizes: number[] = []
    const reading = async (): Promise<void> => {
      for await (const batch of found?.batches ?? []) {
        sizes.push(batch.length)
        proxy.cut()
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'DEMETRA_REPORT_STORE_UNREACHABLE', exitCode: 10 })
    expect(sizes).toEqual([10])
    expect(await read(store, { limit: 1 })).toHaveLength(1)
    // a reader that has had enough leaves nothing behind
    for (let i = 0; i < 5; i += 1) {
      const again = await store.read(REPORT.name, { batchRows: 10 })
      for await (const batch of again?.batches ?? []) if (batch.length > 0) break
    }
    await withClient(url, async (client) => {
      const open = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'`
      expect((await client.query(open)).rowCount).toBe(0)
    })
  })

  test('a store that nobody closes keeps no process alive', () => {
    const source = JSON.stringify(join(import.meta.dirname, '../../src/report-store/open.ts'))
    const script = `
      import { openReportStore } from ${source}
      const store = await openReportStore(${JSON.stringify(url)})
      console.log((await store.list()).length)`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      // a pool keeps what is idle for ten seconds
      timeout: 9000,
    })
    expect({ stdout, status }).toEqual({ stdout: '1\n', status: 0 })
  })

  /** Commits wait at their very end from now on, until `free`. */
  const atCommit = () =>
    lockFor(`CREATE CONSTRAINT TRIGGER waiting AFTER UPDATE ON demetra_reports DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION wait()`)

  /** What this trigger fires for waits from now on, until `free`. */
  async function lockFor(trigger: string) {
    await withClient(url, (client) =>
      client.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END $$;
        ${trigger}`),
    )
    let free = (): void => undefined
    const freed = new Promise<void>((resolve) => {
      free = resolve
    })
    let locked = (): void => undefined
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve
    })
    const holding = withClient(url, async (client) => {
      await client.query('SELECT pg_advisory_lock(42)')
      locked()
      await freed
    })
    await isLocked
    return {
      reached: () => until('a commit that waits', async () => (await waiting()) > 0),
      free: async () => {
        free()
        await holding
      },
    }
  }

  async function killWaiting(): Promise<void> {
    await withClient(url, (client) =>
      client.query('SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted'),
    )
  }

  async function waiting(): Promise<number> {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return withClient(url, async (client) => (await client.query(sql)).rowCount ?? 0)
  }

  async function checkpoints(): Promise<unknown[]> {
    return withClient(url, async (client) => {
      const { rows } = await client.query<{ c: string }>(
        'SELECT checkpoint_position AS c FROM demetra_reports',
      )
      return rows.map(({ c }) => c)
    })
  }
})
