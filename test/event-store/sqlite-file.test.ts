import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEventStore } from '../../src/event-store/open.ts'
import { SqliteEventStore, type SqliteEventStoreOptions } from '../../src/event-store/sqlite.ts'
import { Connection } from '../../src/event-store/sqlite/connection.ts'
import { storeError } from '../../src/event-store/sqlite/errors.ts'
import { runOperation } from '../../src/event-store/sqlite/operations.ts'
import { all, anEvent, events } from '../contracts/event-store/fixture.ts'
import { archive, archiveFence } from '../contracts/event-store/segments.ts'
import { temporaryDatabase } from './temporary-database.ts'

let database: Awaited<ReturnType<typeof temporaryDatabase>>
const opened: SqliteEventStore[] = []
beforeEach(async () => {
  database = await temporaryDatabase()
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  await database.dispose()
})

function open(options: SqliteEventStoreOptions = {}, path = database.path): SqliteEventStore {
  const store = new SqliteEventStore(path, options)
  opened.push(store)
  return store
}

describe('a file that is no event store is told and left as it is', () => {
  test('not SQLite', async () => {
    const text = 'id;name\n'.repeat(2000)
    writeFileSync(database.path, text)
    await expect(open().storeId()).rejects.toMatchObject({ code: 'DEMETRA_NOT_A_STORE', exitCode: 1 })
    expect(readFileSync(database.path, 'utf8')).toBe(text)
  })

  test('a database of another program', async () => {
    const other = new DatabaseSync(database.path)
    other.exec('CREATE TABLE customers (name TEXT)')
    other.close()
    const before = readFileSync(database.path)
    await expect(open().append([anEvent('a')])).rejects.toMatchObject({
      code: 'DEMETRA_NOT_A_STORE',
      exitCode: 1,
    })
    expect(readFileSync(database.path).equals(before)).toBe(true)
  })

  test('the layout of a newer Demetra', async () => {
    await open().setup()
    const newer = new DatabaseSync(database.path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    await expect(open().newestPosition()).rejects.toMatchObject({
      code: 'DEMETRA_STORE_NEWER',
      exitCode: 1,
      context: { found: 99 },
    })
  })

  test('an older layout is brought up, with its events as they are', async () => {
    await open().append(events(3, (n) => anEvent(`e${n}`)))
    const before = await all(open().read())
    for (const store of opened.splice(0)) await store.close()
    const older = new DatabaseSync(database.path)
    older.exec('DROP TABLE demetra_segments; DROP TABLE demetra_catalogue; PRAGMA user_version = 1')
    older.close()

    expect(await open().catalogue.segments()).toEqual({ revision: 0, segments: [] })
    expect(await all(open().read())).toEqual(before)
    const store = open()
    expect(await archive(store.catalogue, before, await archiveFence(store))).toBe(1)
    const now = new DatabaseSync(database.path)
    expect(now.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
    now.close()
  })

  test('a missing folder, and a folder in place of the file', async () => {
    const missing = open({}, join(database.folder, 'no', 'such', 'demetra.db'))
    await expect(missing.storeId()).rejects.toMatchObject({ code: 'DEMETRA_STORE_UNREACHABLE', exitCode: 10 })
    await expect(open({}, database.folder).storeId()).rejects.toMatchObject({
      code: 'DEMETRA_STORE_UNREACHABLE',
      exitCode: 10,
    })
  })

  test.each(['demetra.db', 'mysql://root:secret@host/db', 'sqlite:', 'sqlite::memory:'])(
    'the URL %s is a usage error that keeps secrets',
    async (url) => {
      const error = await openEventStore(url).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'DEMETRA_STORE_URL', exitCode: 2 })
      expect(String(error)).not.toContain('secret')
    },
  )
})

describe('when the file cannot be written', () => {
  test('a full disk: the batch in hand is gone, what was acknowledged is there, and it goes on with more room', async () => {
    await open().append([anEvent('before')])
    const connection = Connection.open(database.path, { cacheBytes: 1_000_000 })
    const pages = connection.get<[bigint]>('PRAGMA page_count')![0]
    const batch = { events: events(5000, (n) => anEvent(`e${n}`)), options: {} }
    connection.db.exec(`PRAGMA max_page_count = ${pages + 3n}`)
    let failure: unknown
    try {
      runOperation(connection, 'append', batch, Date.now())
    } catch (error) {
      failure = storeError(error, database.path)
    }
    expect(failure).toMatchObject({ code: 'DEMETRA_DISK_FULL', exitCode: 5 })
    expect((await all(open().read())).length).toBe(1)
    expect((await open().statistics()).events).toBe(1)
    connection.db.exec('PRAGMA max_page_count = 4294967294')
    expect(runOperation(connection, 'append', batch, Date.now()).written).toBe(5000)
    connection.close()
  })

  test('a file that may only be read', async () => {
    await open().append([anEvent('a')])
    for (const store of opened.splice(0)) await store.close()
    chmodSync(database.path, 0o444)
    const script = `
      const { SqliteEventStore } = await import(process.argv[1])
      const store = new SqliteEventStore(process.argv[2])
      console.log((await store.statistics()).events)
      const event = { id: new Uint8Array(16), digest: new Uint8Array(16), service: '', type: '', createdAt: 0,
        receivedAt: 0, aggregateId: '', correlationId: null, metaExtra: null, payload: '{}', position: null }
      await store.append([event]).catch((error) => console.log(error.code, error.exitCode))`
    const source = join(import.meta.dirname, '../../src/event-store/sqlite.ts')
    // Root may write everything: another user tries.
    const root = process.getuid?.() === 0
    if (root) chownSync(database.folder, 65534, 65534)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, source, database.path],
      { encoding: 'utf8', cwd: database.folder, ...(root && { uid: 65534, gid: 65534 }) },
    )
    expect(stdout, stderr).toBe('1\nDEMETRA_STORE_READ_ONLY 1\n')
  })

  test('a file of before tokens is read without a change, and gets their table with the first one', async () => {
    await open().append([anEvent('a')])
    for (const store of opened.splice(0)) await store.close()
    const older = new DatabaseSync(database.path)
    older.exec('DROP TABLE demetra_tokens')
    older.close()
    const bytes = readFileSync(database.path)
    const store = open()
    expect([await store.tokens.find('a'), await store.tokens.list()]).toEqual([null, []])
    expect(await store.tokens.revoke('a')).toBe(false)
    expect(readFileSync(database.path).equals(bytes)).toBe(true)
    const token = { id: 'a', hash: new Uint8Array(32), services: ['core'], read: false, note: null }
    await store.tokens.add(token)
    expect(await open().tokens.list()).toMatchObject([token])
    expect(await store.tokens.find('a')).toMatchObject(token)
  })

  test.each([1, 5000])(
    '%i events while another process writes all the while: busy, in the end',
    async (count) => {
      const store = open({ busyWaitMs: 60 })
      await store.setup()
      const other = new DatabaseSync(database.path)
      other.exec('BEGIN IMMEDIATE')
      const batch = events(count, (n) => anEvent(`e${n}`))
      await expect(store.append(batch)).rejects.toMatchObject({ code: 'DEMETRA_STORE_BUSY', exitCode: 5 })
      // Readers do not wait.
      expect(await store.newestPosition()).toBe(0n)
      other.exec('COMMIT')
      other.close()
      expect((await store.append(batch)).written).toBe(count)
    },
  )

  test('waits for a transaction that ends, without stopping the event loop', async () => {
    const store = open()
    await store.setup()
    const other = new DatabaseSync(database.path)
    other.exec('BEGIN IMMEDIATE')
    const appended = store.append([anEvent('a')])
    await nextTurn()
    await nextTurn()
    other.exec('COMMIT')
    other.close()
    expect((await appended).written).toBe(1)
  })
})

describe('the file', () => {
  test('survives power loss as far as SQLite can: WAL with synchronous FULL', async () => {
    await open().setup()
    const connection = Connection.open(database.path, { cacheBytes: 1_000_000 })
    expect(connection.get('PRAGMA journal_mode')).toEqual(['wal'])
    expect(connection.get('PRAGMA synchronous')).toEqual([2n])
    connection.close()
  })

  test('an index that is gone is made again by setup', async () => {
    await open().append([anEvent('a')])
    const other = new DatabaseSync(database.path)
    other.exec('DROP INDEX events_by_aggregate')
    other.close()
    expect((await open().setup()).created).toEqual(['index events_by_aggregate'])
  })

  test('a reader opens it without writing to it', async () => {
    await open().append([anEvent('a')])
    for (const store of opened.splice(0)) await store.close()
    const before = readFileSync(database.path)
    const store = open()
    expect((await all(store.read())).length).toBe(1)
    await store.close()
    expect(readFileSync(database.path).equals(before)).toBe(true)
  })

  test('a path with blanks, quotes and signs of a URL', async () => {
    const folder = join(database.folder, "it's 100 % ? # ü")
    mkdirSync(folder)
    const store = open({}, join(folder, 'a b.db'))
    expect((await store.append(events(3000, (n) => anEvent(`e${n}`)))).written).toBe(3000)
  })
})
