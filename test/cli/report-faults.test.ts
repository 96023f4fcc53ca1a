import { once } from 'node:events'
import { chmodSync, chownSync, renameSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Db, MongoClient } from 'mongodb'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NOBODY } from '../servers/find-postgres.ts'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { describeWithPostgres, type Postgres, startPostgres, withClient } from '../servers/postgres.ts'
import { canMount, SmallDisk } from '../servers/small-disk.ts'
import { temporaryFolder } from './demetra.ts'
import { FaultyProject, makeModel, type Model, PASSWORD, type Told } from './report-faults.ts'

const CATCH_UP = 'projection purchase-funnel'
const REPLAY = 'replay purchase-funnel'
const GO_ON = /un the same command again: it goes on where it stopped/u
const CHANGED: Told = {
  exit: 1,
  code: 'DEMETRA_REPORT_TABLE_CHANGED',
  message: /^The tables of the report purchase-funnel in \S+ are not as Demetra made them \(/u,
  hint: /^Make the report anew: `demetra replay purchase-funnel`$/u,
}

let model: Model
beforeAll(async () => {
  model = await makeModel()
})
afterAll(() => model[Symbol.dispose]())

describe('reports in SQLite', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder[Symbol.dispose]())

  it('whose disk is full go on with more room', { skip: !canMount() }, async () => {
    using disk = new SmallDisk(folder.path, '2m')
    const project = await FaultyProject.behind(model, `sqlite:${join(disk.path, 'reports.db')}`)
    await project.fails(CATCH_UP, {
      exit: 5,
      code: 'DEMETRA_REPORT_STORE_FULL',
      message: /^The report store sqlite:\S+ has no room left on its disk \(database or disk is full\)$/u,
      hint: /^Make room on the disk, then run the same command again: it goes on where it stopped$/u,
    })
    disk.resize('40m')
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('whose folder is away go on when it is there again', async () => {
    const there = join(folder.path, 'there')
    const project = await FaultyProject.behind(model, `sqlite:${join(folder.path, 'reports.db')}`)
    renameSync(folder.path, there.replace('/there', '-away'))
    await project.fails(CATCH_UP, {
      exit: 10,
      code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
      message: /^The report store sqlite:\S+ cannot be opened \(unable to open database file\)$/u,
      hint: /^Check that its folder exists/u,
    })
    renameSync(there.replace('/there', '-away'), folder.path)
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('that another program keeps locked are waited for, and go on when it is done', async () => {
    const path = join(folder.path, 'reports.db')
    const project = await FaultyProject.behind(model, `sqlite:${path}`)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    await project.fails(CATCH_UP, {
      exit: 5,
      code: 'DEMETRA_REPORT_STORE_BUSY',
      message: /^The report store sqlite:\S+ is in use by another program \(database is locked\)$/u,
      hint: GO_ON,
    })
    other.close()
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it.each([
    ['a column', 'ALTER TABLE purchase_funnel__g1 DROP COLUMN country', /no such column: "?country/u],
    ['the table', 'DROP TABLE purchase_funnel__g1', /no such table: purchase_funnel__g1/u],
  ])('of which somebody has dropped %s are made anew by a replay', async (_, sql, message) => {
    const path = join(folder.path, 'reports.db')
    const project = await FaultyProject.behind(model, `sqlite:${path}`)
    const other = new DatabaseSync(path)
    // it would be in the way
    other.exec(`DROP VIEW purchase_funnel; ${sql}`)
    other.close()
    for (const line of [CATCH_UP, 'report purchase-funnel'])
      await project.fails(line, { ...CHANGED, message })
    await project.does(REPLAY)
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('go on below the views that people made from them', async () => {
    const path = join(folder.path, 'reports.db')
    const project = await FaultyProject.behind(model, `sqlite:${path}`)
    const other = new DatabaseSync(path)
    other.exec('CREATE VIEW mine AS SELECT count(*) AS n FROM purchase_funnel')
    await project.does(CATCH_UP)
    const { n } = other.prepare('SELECT n FROM mine').get() as { n: number }
    await project.does(REPLAY)
    expect(other.prepare('SELECT n FROM mine').get()).toEqual({ n })
    other.close()
    await project.isWhole(model)
  })
})

describeWithPostgres('reports in PostgreSQL', () => {
  let server: Postgres
  let url: string
  beforeAll(async () => {
    const few = ['-c', 'max_connections=4', '-c', 'superuser_reserved_connections=0']
    const alone = ['-c', 'max_wal_senders=0', '-c', 'autovacuum=off']
    server = await startPostgres({
      auth: { username: 'ann', password: PASSWORD },
      arguments: [...few, ...alone],
    })
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    url = await server.createDatabase()
  })
  const query = (sql: string) => withClient(url, (client) => client.query(sql))

  it('whose server is stopped go on when it runs again', async () => {
    const project = await FaultyProject.behind(model, url)
    await server.kill()
    const told = {
      exit: 10,
      code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
      message: /^The report store postgres:\S+ cannot be reached \(connect ECONNREFUSED \S+\)$/u,
      hint: /^See whether the server runs and can be reached from here. Run the same command again/u,
    }
    for (const line of [CATCH_UP, REPLAY, 'report purchase-funnel', 'status']) await project.fails(line, told)
    await server.restart()
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('whose server has no connection left go on when others have ended theirs', async () => {
    const project = await FaultyProject.behind(model, url)
    const others = Array.from({ length: 4 }, () => new Client({ connectionString: url }))
    for (const other of others) await other.connect()
    await project.fails(CATCH_UP, {
      exit: 5,
      code: 'DEMETRA_REPORT_STORE_BUSY',
      message: /^The report store postgres:\S+ has no connection left \(sorry, too many clients already\)$/u,
      hint: /^Others use all that it gives \(max_connections, .*Run the same command again/u,
    })
    for (const other of others) await other.end()
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('whose disk is full go on with more room', { skip: !canMount() }, async () => {
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '60m')
    chmodSync(folder.path, 0o755)
    chownSync(disk.path, NOBODY.uid ?? 0, NOBODY.gid ?? 0)
    await query(`CREATE TABLESPACE small LOCATION '${disk.path}'`)
    await query('CREATE DATABASE full_disk TABLESPACE small')
    try {
      const project = await FaultyProject.behind(model, server.url('full_disk'))
      disk.leave(500)
      await project.fails(CATCH_UP, {
        exit: 5,
        code: 'DEMETRA_REPORT_STORE_FULL',
        message: /^The report store postgres:\S+ has no room left on its disk \(could not (?:extend|write) /u,
        hint: /^Make room on the server. Run the same command again: it goes on where it stopped$/u,
      })
      disk.resize('60m')
      await project.does(CATCH_UP)
      await project.isWhole(model)
    } finally {
      await query('DROP DATABASE full_disk')
      await query('DROP TABLESPACE small')
    }
  })

  it.each([
    [
      'a column',
      'ALTER TABLE purchase_funnel__g1 DROP COLUMN country CASCADE',
      /column .*country.* does not exist/u,
    ],
    [
      'the table',
      'DROP TABLE purchase_funnel__g1 CASCADE',
      /relation .*purchase_funnel__g1.* does not exist/u,
    ],
  ])('of which somebody has dropped %s are made anew by a replay', async (_, sql, message) => {
    const project = await FaultyProject.behind(model, url)
    await query(sql)
    for (const line of [CATCH_UP, 'report purchase-funnel'])
      await project.fails(line, { ...CHANGED, message })
    await project.does(REPLAY)
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })

  it('go on below the views that people made from them, and name one that is made from a generation', async () => {
    const project = await FaultyProject.behind(model, url)
    await query('CREATE VIEW mine AS SELECT count(*) AS n FROM purchase_funnel')
    await query('CREATE VIEW old AS SELECT count(*) AS n FROM purchase_funnel__g1')
    await project.does(REPLAY)
    await project.isWhole(model)
    const { rows } = await query('SELECT n FROM mine')
    expect(rows).toEqual([{ n: '2039' }])
    await project.fails(REPLAY, {
      exit: 1,
      code: 'DEMETRA_REPORT_TABLE_IN_USE',
      message:
        /^The generation 1 of the report purchase-funnel cannot be dropped: .*purchase_funnel__g1.* is used by: old$/u,
      hint: /^Make that from purchase_funnel instead, .* then run `demetra replay purchase-funnel` again$/u,
    })
    await query('DROP VIEW old')
    await project.does(REPLAY)
    await project.isWhole(model)
  })
})

/** So soon a server is given up; one that only is busy is not. */
const SOON = 'serverSelectionTimeoutMS=5000'
const CONNECTIONS = 12

describeWithMongod('reports in MongoDB', () => {
  const limited = ['--maxConns', String(CONNECTIONS)]
  const kinds = {
    'a server alone': async () => {
      const server = await startMongod({ auth: { username: 'ann', password: PASSWORD }, arguments: limited })
      return { server, url: (name: string) => `${server.url(name)}&${SOON}`, stop: () => server.stop() }
    },
    'a replica set': async () => {
      const set = await startReplicaSet({ arguments: limited })
      const server = await set.primary()
      return { server, url: (name: string) => `${set.url(name)}&${SOON}`, stop: () => set.stop() }
    },
  }

  describe.each(Object.entries(kinds))('%s', (_, start) => {
    let started: Awaited<ReturnType<typeof start>>
    let url: string
    let databases = 0
    beforeAll(async () => {
      started = await start()
    })
    afterAll(() => started.stop())
    beforeEach(() => {
      databases += 1
      url = started.url(`reports_${databases}`)
    })
    const inDatabase = async <T>(use: (database: Db) => Promise<T>): Promise<T> => {
      await using client = await MongoClient.connect(url)
      return await use(client.db())
    }

    it('whose server is stopped go on when it runs again', async () => {
      const project = await FaultyProject.behind(model, url)
      await started.server.kill()
      await project.fails(CATCH_UP, {
        exit: 10,
        code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
        message: /^The report store mongodb:\S+ cannot be reached: connect ECONNREFUSED \S+$/u,
        hint: /^See whether the server runs .*then run the same command again: it goes on where it stopped$/u,
      })
      await started.server.restart()
      await project.does(CATCH_UP)
      await project.isWhole(model)
    })

    it('whose server has no connection left go on when others have ended theirs', async () => {
      const project = await FaultyProject.behind(model, url)
      const others = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => connected(started.server.port)),
      )
      await project.fails(CATCH_UP, {
        exit: 10,
        code: 'DEMETRA_REPORT_STORE_UNREACHABLE',
        message: /^The report store mongodb:\S+ cannot be reached: /u,
        hint: GO_ON,
      })
      for (const other of others) other.destroy()
      await project.does(CATCH_UP)
      await project.isWhole(model)
    })

    it('of which somebody has dropped the collection are made anew by a replay', async () => {
      const project = await FaultyProject.behind(model, url)
      await inDatabase((database) => database.dropCollection('purchase_funnel__g1'))
      const told = { ...CHANGED, message: /\(no such collection: purchase_funnel__g1\)$/u }
      for (const line of [CATCH_UP, CATCH_UP, 'report purchase-funnel']) await project.fails(line, told)
      await project.does(REPLAY)
      await project.does(CATCH_UP)
      await project.isWhole(model)
    })

    it('of which somebody has dropped the view are filled anew', async () => {
      const project = await FaultyProject.behind(model, url)
      await inDatabase((database) => database.dropCollection('purchase_funnel'))
      await project.does(CATCH_UP)
      await project.isWhole(model)
      await project.does(REPLAY)
      await project.isWhole(model)
    })

    it('go on below the views that people made from them', async () => {
      const project = await FaultyProject.behind(model, url)
      const pipeline = [{ $group: { _id: null, n: { $sum: 1 } } }]
      await inDatabase((database) =>
        database.createCollection('mine', { viewOn: 'purchase_funnel', pipeline }),
      )
      for (const line of [REPLAY, REPLAY]) {
        await project.does(line)
        const mine = await inDatabase((database) => database.collection('mine').find().toArray())
        expect(mine).toEqual([{ _id: null, n: 2039 }])
      }
      await project.isWhole(model)
    })
  })

  it('whose disk is full go on with more room', { skip: !canMount() }, async () => {
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '400m')
    // without checkpoints in the background, which would end it before anybody asks
    await using server = await startMongod({
      dbPath: join(disk.path, 'data'),
      arguments: ['--syncdelay', '0'],
    })
    const project = await FaultyProject.behind(model, `${server.url('reports')}?${SOON}`)
    disk.leave(0)
    await project.fails(REPLAY, {
      exit: 5,
      code: 'DEMETRA_REPORT_STORE_FULL',
      message: /^The disk of the MongoDB server at mongodb:\S+ is full: /u,
      hint: /^Make room on the server, start mongod where it has stopped itself, then run the same command again/u,
    })
    await server.kill()
    disk.resize('400m')
    await server.restart()
    await project.does(CATCH_UP)
    await project.isWhole(model)
  })
})

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}
