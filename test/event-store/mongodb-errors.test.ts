import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient, MongoServerError } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toFailure, type Failure } from '../../src/cli/failure.ts'
import type { EventStore, MissingStore } from '../../src/event-store/event-store.ts'
import { checkServer, Database } from '../../src/event-store/mongodb/database.ts'
import { storeError } from '../../src/event-store/mongodb/errors.ts'
import { openEventStore } from '../../src/event-store/open.ts'
import { demetra, parseJson, temporaryFolder } from '../cli/demetra.ts'
import { anEvent } from '../contracts/event-store/fixture.ts'
import { startFakeMongod } from '../servers/fake-mongod.ts'
import { withDirectClient } from '../servers/direct-client.ts'
import { freePort } from '../servers/free-port.ts'
import {
  describeWithMongod,
  type Mongod,
  type ReplicaSet,
  startMongod,
  startReplicaSet,
} from '../servers/mongod.ts'
import { canMount, SmallDisk } from '../servers/small-disk.ts'
import { plainLine } from '../support/events.ts'

/** All that may not stand in a URL as it is, and what redaction might take for its end. */
const PASSWORD = 's3cr@t:/?#[1]"\'`% &='
const SECRETS = ['s3cr', encodeURIComponent(PASSWORD)]
/** Such a URL gives up soon. */
const SOON = 'serverSelectionTimeoutMS=1000&connectTimeoutMS=1000'

type Use = (store: EventStore) => Promise<unknown>

/** What is told when `use` fails; nothing of it may be secret. */
async function failureOf(
  url: string,
  use: Use = (store) => store.statistics(),
  missing: MissingStore = 'create',
): Promise<Failure> {
  const store = await openEventStore(url, { missing })
  try {
    await use(store)
  } catch (error) {
    const failure = toFailure(error)
    for (const secret of SECRETS) expect(JSON.stringify({ failure, url: store.url })).not.toContain(secret)
    return failure
  } finally {
    await store.close()
  }
  throw new Error('it did not fail')
}

const inStore = async <T>(url: string, use: (store: EventStore) => Promise<T>): Promise<T> => {
  const store = await openEventStore(url)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const append: Use = (store) => store.append([anEvent('first')])
const readAll: Use = async (store) => {
  const ids = []
  for await (const batch of store.read()) for (const { id } of batch) ids.push(id)
  return ids
}

describeWithMongod('a server that asks who is there', () => {
  let server: Mongod
  const at = (user: string, password = PASSWORD, database = 'kept'): string =>
    `mongodb://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}?authSource=admin`

  beforeAll(async () => {
    server = await startMongod({ auth: { username: 'root', password: 'root' } })
    await using client = await MongoClient.connect(server.url('admin'))
    for (const [user, role] of Object.entries({ reader: 'read', writer: 'readWrite' })) {
      await client.db('admin').command({ createUser: user, pwd: PASSWORD, roles: [{ role, db: 'kept' }] })
    }
    await inStore(at('writer'), append)
  })
  afterAll(() => server?.stop())

  it.each([
    ['a wrong password', () => at('writer', 's3cret')],
    ['an unknown user', () => at('nobody')],
    ['a user that is looked for in the wrong database', () => at('writer').replace('?authSource=admin', '')],
  ])('does not let in %s', async (_, url) => {
    expect(await failureOf(url())).toMatchObject({
      code: 'DEMETRA_STORE_LOGIN',
      exitCode: 1,
      message: `MongoDB at mongodb://***@127.0.0.1:${server.port}/kept${url().includes('?') ? '?authSource=admin' : ''} does not accept the user or the password`,
      hints: [expect.stringContaining('`?authSource=admin`')],
    })
  })

  it('does not let in who says no name', async () => {
    expect(await failureOf(`mongodb://127.0.0.1:${server.port}/kept`)).toMatchObject({
      code: 'DEMETRA_STORE_LOGIN',
      exitCode: 1,
      message: expect.stringContaining('lets nobody in without a user and a password') as string,
    })
  })

  it('is told in the same words by the command line, without secrets, in both modes', async () => {
    for (const mode of [[], ['--json']]) {
      const { code, stdout, stderr } = await demetra(['status', '--store', at('nobody'), ...mode])
      expect(code).toBe(1)
      expect(stdout + stderr).toContain('does not accept the user or the password')
      for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret)
    }
  })

  it('lets a user with the role readWrite do everything', async () => {
    const url = at('writer')
    await inStore(url, async (store) => {
      expect(await store.setup()).toMatchObject({ created: [] })
      await store.append([anEvent('second')])
      expect(await readAll(store)).toHaveLength(2)
      expect(await store.statistics()).toMatchObject({ events: 2 })
      expect(await store.stablePosition()).toBeGreaterThan(0n)
      await store.waitForNews(await store.newestPosition(), 10)
      const backfill = await store.backfills.begin('import', 1000)
      await store.backfills.end(backfill.number)
    })
  })

  it('lets a user with five rights work with a store that is there', async () => {
    await using client = await MongoClient.connect(server.url('admin'))
    const actions = ['find', 'insert', 'update', 'remove', 'dbStats']
    const privileges = [{ resource: { db: 'kept', collection: '' }, actions }]
    await client.db().command({ createRole: 'narrow', privileges, roles: [] })
    await client.db().command({ createUser: 'worker', pwd: PASSWORD, roles: ['narrow'] })
    await inStore(at('worker'), async (store) => {
      await store.append([anEvent('third')])
      expect(await readAll(store)).toHaveLength((await store.statistics()).events)
      expect(await store.stablePosition()).toBeGreaterThan(0n)
    })
  })

  it('lets a user with the role read look at everything', async () => {
    await inStore(at('reader'), async (store) => {
      expect(await readAll(store)).not.toEqual([])
      expect((await store.statistics()).events).toBeGreaterThan(0)
      expect(await store.lookup([anEvent('first')])).toEqual(['duplicate'])
      expect(await store.newestPosition()).toBeGreaterThan(0n)
    })
  })

  it.each<[string, string, Use]>([
    ['store an event', 'findAndModify kept.demetra_store', append],
    ['check the store', 'findAndModify kept.demetra_store', (store) => store.setup()],
    [
      'follow the log as a report does',
      'findAndModify kept.demetra_store',
      (store) => store.stablePosition(),
    ],
  ])('and not %s', async (_, what, use) => {
    expect(await failureOf(at('reader'), use)).toMatchObject({
      code: 'DEMETRA_STORE_RIGHTS',
      exitCode: 1,
      message: expect.stringMatching(
        new RegExp(
          `^The user of mongodb://\\*\\*\\*@\\S+ has not the rights that are needed: it may not ${what}$`,
          'u',
        ),
      ) as string,
      hints: [
        expect.stringContaining(
          '`db.grantRolesToUser("USER", [{ role: "readWrite", db: "kept" }])`',
        ) as string,
      ],
    })
  })

  it('nor a user that has no right on the database', async () => {
    expect(await failureOf(at('writer', PASSWORD, 'other'))).toMatchObject({
      code: 'DEMETRA_STORE_RIGHTS',
      message: expect.stringContaining('it may not find other.demetra_store') as string,
    })
  })
})

describe('a server that is not there', () => {
  it('is told within some seconds', async () => {
    const port = await freePort()
    const startedAt = performance.now()
    const outcome = await demetra(['status', '--json', '--store', `mongodb://127.0.0.1:${port}/x`])
    expect(performance.now() - startedAt).toBeLessThan(25_000)
    expect(outcome.code).toBe(10)
    expect(parseJson(outcome).error).toMatchObject({
      code: 'DEMETRA_STORE_UNREACHABLE',
      message: `The event store mongodb://127.0.0.1:${port}/x cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
      hints: [expect.stringContaining('run the same command again')],
    })
  })

  it.each([
    ['a name that nobody knows', `mongodb://no.such.host.invalid/x?${SOON}`],
    ['a list of servers that nobody knows', `mongodb+srv://u:s3cret@no.such.host.invalid/x?${SOON}`],
  ])('is told of %s', async (_, url) => {
    expect(await failureOf(url)).toMatchObject({
      code: 'DEMETRA_STORE_UNREACHABLE',
      exitCode: 10,
      // another machine's name server may refuse to say
      message: expect.stringMatching(
        /cannot be reached: (?:getaddrinfo|querySrv) \w+ .*no\.such\.host\.invalid/u,
      ) as string,
    })
  })
})

describe('a URL that is none', () => {
  it.each([
    ['mongodb://127.0.0.1:1/', 'it does not name a database'],
    ['mongodb://127.0.0.1:1?w=1', 'it does not name a database'],
    ['mongodb://127.0.0.1:1/x?nonsense=1', 'option nonsense is not supported'],
    ['mongodb://127.0.0.1:1/x?tls=maybe', 'tls/ssl must be either "true" or "false"'],
    ['mongodb://127.0.0.1:99999/x', 'Unable to parse 127.0.0.1:99999 with URL'],
    ['mongodb://127.0.0.1:1/%zz', "its database '%zz' cannot be read"],
    ['mongodb://ann:s3cr@t@127.0.0.1:1/x', 'Invalid connection string'],
    [
      'mongodb://ann:s3cret@h1,h2/x?directConnection=true',
      'directConnection option requires exactly one host',
    ],
  ])('is refused: %s', async (url, why) => {
    expect(await failureOf(url)).toMatchObject({
      code: 'DEMETRA_STORE_URL',
      exitCode: 2,
      message: expect.stringMatching(/^Cannot open the event store 'mongodb:[^']*': /u) as string,
      hints: ['A store in MongoDB is named so: `--store mongodb://HOST:27017/DATABASE`'],
    })
    expect((await failureOf(url)).message).toContain(why)
  })
})

describe('a full disk that the server can still tell', () => {
  it.each([
    [14031, 'available disk space of 1 bytes is less than required minimum'],
    [8, 'WiredTigerIndexStandard::_insert: index: events_by_type; 28: No space left on device'],
  ])('is temporary: server error %i', (code, message) => {
    const error = storeError(new MongoServerError({ code, message }), 'mongodb://h/x')
    expect(toFailure(error)).toMatchObject({
      code: 'DEMETRA_STORE_DISK_FULL',
      exitCode: 5,
      message: `The disk of the MongoDB server at mongodb://h/x is full: ${message}`,
    })
  })
})

describe('a server that is too old', () => {
  const hello = { isWritablePrimary: true, localTime: new Date(), minWireVersion: 0 }

  it('is refused by its wire version', () => {
    expect(() => checkServer({ ...hello, maxWireVersion: 9 }, 'mongodb://h/x')).toThrow(
      'The MongoDB server at mongodb://h/x is too old: it speaks wire version 9; Demetra needs MongoDB 5.0 or newer',
    )
  })

  it.each([
    ['for Demetra', 9, 'it speaks wire version 9'],
    ['for the driver', 6, 'maximum wire version 6'],
  ])('is told %s', async (_, maxWireVersion, why) => {
    using fake = await startFakeMongod({ ...hello, maxWireVersion })
    const url = `mongodb://127.0.0.1:${fake.port}/x`
    expect(await failureOf(`${url}?${SOON}`)).toMatchObject({
      code: 'DEMETRA_STORE_TOO_OLD',
      exitCode: 1,
      message: expect.stringMatching(
        new RegExp(`${why}.*Demetra needs MongoDB 5\\.0 or newer$`, 'u'),
      ) as string,
    })
  })
})

describeWithMongod('a database', () => {
  let server: Mongod
  let client: MongoClient
  const events = (name: string) => client.db(name).collection('events')

  beforeAll(async () => {
    server = await startMongod()
    client = await MongoClient.connect(server.url(''))
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  it('cannot have any name', async () => {
    expect(await failureOf(server.url('a.b'))).toMatchObject({
      code: 'DEMETRA_STORE_URL',
      exitCode: 2,
      message: expect.stringContaining("cannot contain the character '.'") as string,
    })
  })

  it('with events of somebody else is refused, and left as it is', async () => {
    await events('theirs').insertOne({ what: 'concert' })
    for (const use of [append, (store: EventStore) => store.setup()]) {
      expect(await failureOf(server.url('theirs'), use)).toMatchObject({
        code: 'DEMETRA_STORE_FOREIGN',
        exitCode: 1,
        message: expect.stringContaining("has a collection 'events' that is not of Demetra") as string,
        hints: ['Name a database of its own for the event store: `--store mongodb://HOST/demetra`'],
      })
    }
    expect(await client.db('theirs').listCollections().toArray()).toHaveLength(1)
    expect(await events('theirs').indexes()).toHaveLength(1)
    expect(await events('theirs').countDocuments()).toBe(1)
  })

  it('of a newer Demetra is refused', async () => {
    await inStore(server.url('newer'), append)
    await client
      .db('newer')
      .collection<{ _id: string }>('demetra_store')
      .updateOne({ _id: 'store' }, { $set: { layout: 99 } })
    for (const use of [append, readAll, (store: EventStore) => store.setup()]) {
      expect(await failureOf(server.url('newer'), use)).toMatchObject({
        code: 'DEMETRA_STORE_NEWER',
        exitCode: 1,
        message: `The event store ${server.url('newer')} has layout 99, this Demetra knows up to 2`,
        context: { found: 99, known: 2 },
      })
    }
    expect(await events('newer').countDocuments()).toBe(1)
  })

  it('without a store is refused by what only reads', async () => {
    expect(await failureOf(server.url('empty'), readAll, 'refuse')).toMatchObject({
      code: 'DEMETRA_STORE_MISSING',
      exitCode: 10,
      hints: [expect.stringContaining('`demetra import FILE`'), expect.any(String)],
    })
    expect(await client.db('empty').listCollections().toArray()).toEqual([])
  })

  it.each([
    ['events_by_position', readAll],
    [
      'events_by_type',
      async (store: EventStore) => {
        for await (const batch of store.read({ types: ['tested'] })) expect(batch).toBeDefined()
      },
    ],
    [
      'events_by_aggregate',
      async (store: EventStore) => {
        for await (const batch of store.history({ aggregateId: 'number/1' })) expect(batch).toBeDefined()
      },
    ],
  ])('that lacks the index %s says so when it is needed, and setup makes it', async (index, use: Use) => {
    const url = server.url(`lacks_${index}`)
    await inStore(url, append)
    await events(`lacks_${index}`).dropIndex(index)
    expect(await failureOf(url, use)).toMatchObject({
      code: 'DEMETRA_STORE_INDEX',
      exitCode: 1,
      message: expect.stringMatching(/^An index of the event store \S+ is missing: /u) as string,
      hints: ['`demetra setup` creates what is missing'],
    })
    expect(await inStore(url, (store) => store.setup())).toMatchObject({ created: [`index ${index}`] })
    await inStore(url, use)
  })

  it.each([
    ['of the same name', { 'meta.type': 1 }, { name: 'events_by_type' }],
    ['of the same key', { 'meta.type': 1, position: 1, _id: 1 }, { name: 'mine' }],
    [
      'of the same name and key, over everything',
      { 'meta.type': 1, position: 1, _id: 1 },
      { name: 'events_by_type' },
    ],
  ] as const)(
    'with another index %s says how to get out, and that is a way out',
    async (_, key, { name }) => {
      const database = `other_index_${name}_${Object.keys(key).length}`
      const url = server.url(database)
      await inStore(url, append)
      await events(database).dropIndex('events_by_type')
      await events(database).createIndex(key, { name })
      const failure = await failureOf(url, (store) => store.setup())
      expect(failure).toMatchObject({
        code: 'DEMETRA_STORE_INDEX',
        exitCode: 1,
        message: expect.stringMatching(
          new RegExp(`^The index '${name}' of \\S+ is not the one that is needed: found`, 'u'),
        ) as string,
        hints: [`Drop it in mongosh, db.events.dropIndex("${name}"), then run \`demetra setup\``],
      })
      await events(database).dropIndex(name)
      expect(await inStore(url, (store) => store.setup())).toMatchObject({
        created: ['index events_by_type'],
      })
    },
  )

  it(
    'whose disk is full takes no more, and with more room the import goes on',
    { skip: !canMount() },
    async () => {
      using folder = temporaryFolder()
      using disk = new SmallDisk(folder.path, '340m')
      await using full = await startMongod({ dbPath: join(disk.path, 'data') })
      const dump = join(folder.path, 'large.ndjson')
      // 120 MB that hardly compress
      const lines = Array.from({ length: 30_000 }, (__, n) => plainLine(n, { x: noise(3000) }))
      writeFileSync(dump, lines.join('\n'))
      const importing = (url: string) => demetra(['import', dump, '--json', '--store', url])
      const outcome = await importing(`${full.url('x')}?${SOON}`)
      const { error, result } = parseJson(outcome)
      // it may still be able to say so
      const told =
        outcome.code === 5
          ? { code: 'DEMETRA_STORE_DISK_FULL', hint: 'Make room on the server' }
          : { code: 'DEMETRA_STORE_UNREACHABLE', hint: 'it stops itself where its disk is full' }
      expect([5, 10], outcome.stdout).toContain(outcome.code)
      expect(error).toMatchObject({ code: told.code, hints: [expect.stringContaining(told.hint)] })
      const { events: read, written, unsettled } = result as Record<string, number>
      expect(written! + unsettled!).toBe(read)
      await full.kill()
      disk.resize('1g')
      await full.restart()
      expect(parseJson(await importing(full.url('x')))).toMatchObject({
        status: 0,
        result: { total: { events: 30_000, written: 30_000, duplicates: 0 } },
      })
    },
  )
})

describeWithMongod('a server that stands still', () => {
  it('is told, and the process ends, at the latest after its time-outs', async () => {
    await using server = await startMongod()
    await inStore(server.url('x'), append)
    await server.pause()
    for (const options of [`?${SOON}`, '']) {
      const url = server.url('x') + options
      const startedAt = performance.now()
      const outcome = await demetra(['status', '--json', '--store', url])
      // by the driver's own it would stay for longer
      expect(performance.now() - startedAt).toBeLessThan(30_000)
      expect(outcome.code).toBe(10)
      expect(parseJson(outcome).error).toMatchObject({
        code: 'DEMETRA_STORE_UNREACHABLE',
        message: `The event store ${url} cannot be reached: no answer from 127.0.0.1:${server.port}`,
      })
    }
    await server.resume()
  })
})

describeWithMongod('a replica set', () => {
  let set: ReplicaSet
  let secondary: Mongod
  beforeAll(async () => {
    set = await startReplicaSet({ members: 3 })
    const primary = await set.primary()
    secondary = set.members.find((member) => member !== primary) as Mongod
    await inStore(set.url('x'), append)
  })
  afterAll(() => set?.stop())

  it('is found by any of its members', async () => {
    expect(await inStore(`mongodb://127.0.0.1:${secondary.port}/x`, readAll)).toHaveLength(1)
  })

  it('is not written to at a member that only follows', async () => {
    const url = `mongodb://127.0.0.1:${secondary.port}/x?directConnection=true`
    for (const use of [append, readAll]) {
      expect(await failureOf(url, use)).toMatchObject({
        code: 'DEMETRA_STORE_READ_ONLY',
        exitCode: 10,
        message: expect.stringMatching(
          /^127\.0\.0\.1:\d+ is a read-only member of its replica set; the primary is 127\.0\.0\.1:\d+$/u,
        ) as string,
        hints: [expect.stringContaining('leave directConnection out')],
      })
    }
  })

  it('of another name is not there', async () => {
    const url = `mongodb://127.0.0.1:${secondary.port}/x?replicaSet=other&${SOON}`
    expect(await failureOf(url)).toMatchObject({
      code: 'DEMETRA_STORE_UNREACHABLE',
      exitCode: 10,
      message: expect.stringMatching(/: no server of a replica set 'other' answers there$/u) as string,
    })
  })

  it('without a primary is waited for, but not for ever', async () => {
    const others = set.members.filter((member) => member !== secondary)
    await Promise.all(others.map((member) => member.kill()))
    expect(await failureOf(`${set.url('x')}&${SOON}`)).toMatchObject({
      code: 'DEMETRA_STORE_UNREACHABLE',
      exitCode: 10,
      message: expect.stringMatching(
        /cannot be reached: its replica set has no primary now \(.*ECONNREFUSED/u,
      ) as string,
    })
    const opening = Database.connect(set.url('x'))
    await Promise.all(others.map((member) => member.restart()))
    await (await opening).close()
  })
})

describeWithMongod('a replica set that asks who is there', () => {
  it.each(['read', 'readWrite'])(
    'lets a user with the role %s follow it by a change stream',
    async (role) => {
      using folder = temporaryFolder()
      const keyFile = join(folder.path, 'key')
      writeFileSync(keyFile, 'members of the set know each other by it', { mode: 0o600 })
      await using set = await startReplicaSet({ arguments: ['--auth', '--keyFile', keyFile] })
      const { port } = await set.primary()
      const roles = [{ role, db: 'kept' }]
      // the first user may be made without one, from this machine, if it may make users
      await withDirectClient(port, (client) =>
        client.db('admin').command({ createUser: 'root', pwd: 'root', roles: ['root'] }),
      )
      await using root = await MongoClient.connect(`mongodb://root:root@127.0.0.1:${port}/admin`)
      await root.db().command({ createUser: 'ann', pwd: 'ann', roles })
      await using client = await MongoClient.connect(
        `mongodb://ann:ann@127.0.0.1:${port}/kept?authSource=admin`,
      )
      const stream = client.db().collection('events').watch()
      expect(await stream.tryNext()).toBeNull()
      await stream.close()
    },
  )
})

function noise(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64')
}
