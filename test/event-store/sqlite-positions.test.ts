import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import { SqliteEventStore } from '../../src/event-store/sqlite.ts'
import { all, anEvent, bytesOf, events, ids } from '../contracts/event-store/fixture.ts'
import { temporaryDatabase } from './temporary-database.ts'

const NOON = Date.UTC(2026, 0, 1, 12)
let database: Awaited<ReturnType<typeof temporaryDatabase>>
let now = NOON
let store: SqliteEventStore
beforeEach(async () => {
  database = await temporaryDatabase()
  now = NOON
  store = new SqliteEventStore(database.path, { now: () => now })
})
afterEach(async () => {
  await store.close()
  await database.dispose()
})

const positions = async (): Promise<bigint[]> => (await all(store.read())).map(({ position }) => position)

describe('positions in the order of arrival', () => {
  test('begin at now, second and milliseconds, and count on', async () => {
    now = NOON + 250
    await store.append([anEvent('a'), anEvent('b')])
    now = NOON + 251
    await store.append([anEvent('c')])
    const second = BigInt(NOON / 1000) << 31n
    expect(await positions()).toEqual([
      second + (250n << 21n),
      second + (250n << 21n) + 1n,
      second + (251n << 21n),
    ])
  })

  test('stay above the highest while the clock stands behind it, carried into the next second', async () => {
    const last = (BigInt(NOON / 1000) << 31n) + (1n << 31n) - 1n
    await store.append([anEvent('last of the second', { position: last })])
    now = NOON - 59_000
    await store.append([anEvent('a'), anEvent('b')])
    expect(await positions()).toEqual([last, last + 1n, last + 2n])
    expect((last + 1n) >> 31n).toBe(BigInt(NOON / 1000 + 1))
  })

  test.each([1, 3000])('%i events are refused by a clock more than a minute behind', async (count) => {
    await store.append([anEvent('newest')])
    now = NOON - 60_000
    expect((await store.append([anEvent('in time')])).written).toBe(1)
    now = NOON - 61_000
    await expect(store.append(events(count, (n) => anEvent(`e${n}`)))).rejects.toMatchObject({
      code: 'DEMETRA_CLOCK_BEHIND',
      exitCode: 5,
      context: { behindSeconds: 61 },
    })
    expect((await positions()).length).toBe(2)
    // History has its own times and needs no clock.
    expect((await store.append([anEvent('history', { position: 5n })])).written).toBe(1)
  })

  test('given and not given in one call', async () => {
    const ahead = positionAt(NOON + 5000)
    await store.append([
      anEvent('a'),
      anEvent('b', { position: ahead }),
      anEvent('c'),
      anEvent('d', { position: 1n }),
    ])
    expect(await positions()).toEqual([1n, positionAt(NOON), ahead, ahead + 1n])
    expect(await store.newestPosition()).toBe(ahead + 1n)
    expect(await store.stablePosition()).toBe(ahead + 1n)
  })
})

describe('archived events', () => {
  /** What the archive does: the event's row gives way to its tombstone. */
  function bury(name: string): void {
    const db = new DatabaseSync(database.path)
    db.prepare(
      'INSERT INTO tombstones (id, position, digest, segment) SELECT id, position, digest, 1 FROM events WHERE id = ?',
    ).run(bytesOf(name))
    db.prepare('DELETE FROM events WHERE id = ?').run(bytesOf(name))
    db.close()
  }

  test('are duplicates and conflicts as live ones are', async () => {
    await store.append([anEvent('a'), anEvent('b')])
    bury('a')
    const changed = anEvent('a', { payload: '{"changed":true}' })
    expect(await store.lookup([anEvent('a'), changed, anEvent('c')])).toEqual([
      'duplicate',
      'conflict',
      'new',
    ])
    const call = [anEvent('a'), changed, anEvent('c'), anEvent('b'), anEvent('a')]
    expect(await store.append(call)).toMatchObject({
      written: 1,
      duplicateIndexes: [0, 3, 4],
      conflictIndexes: [1],
    })
    expect(ids(await all(store.read()))).toEqual(ids([anEvent('b'), anEvent('c')]))
  })

  test('leave the highest position where it was', async () => {
    await store.append([anEvent('a')])
    const highest = await store.newestPosition()
    bury('a')
    expect(await store.newestPosition()).toBe(highest)
    await store.append([anEvent('b')])
    expect((await positions())[0]).toBe(highest + 1n)
  })
})
