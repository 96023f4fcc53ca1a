import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Long } from 'mongodb'
import { afterAll, expect, test } from 'vitest'
import type { ImportProgress } from '../../src/event-store/event-store.ts'
import {
  confirmBackfill,
  foremostReader,
  MongoBackfills,
  prepareBackfill,
} from '../../src/event-store/mongodb/backfills.ts'
import { Database } from '../../src/event-store/mongodb/database.ts'
import {
  currentState,
  MongoImports,
  noteUnsaved,
  readImport,
  saveProgress,
} from '../../src/event-store/mongodb/imports.ts'
import { MongoLeases } from '../../src/event-store/mongodb/leases.ts'
import { MongoReaders } from '../../src/event-store/mongodb/readers.ts'
import { MongoTokens } from '../../src/event-store/mongodb/tokens.ts'
import { describeOnEachMongodb } from '../servers/mongod.ts'
import { losingAnswers } from './losing-answers.ts'

const LONG = 600_000

describeOnEachMongodb('MongoDB bookkeeping when answers are lost', (url) => {
  const opened: Database[] = []
  afterAll(async () => {
    for (const database of opened) await database.close()
  })
  const fresh = async (): Promise<Database> => {
    const database = await Database.connect(url(`d${randomUUID()}`))
    opened.push(database)
    return database
  }

  test('a token is added once, and revoked once', async () => {
    const database = await fresh()
    const tokens = new MongoTokens(async () => losingAnswers(database))
    const token = { id: 'a', hash: new Uint8Array(32).fill(1), services: ['core'], read: false, note: null }
    await tokens.add(token)
    const added = await tokens.find('a')
    expect(added).toMatchObject({ ...token, revokedAt: null })
    await tokens.add(token)
    await expect(tokens.add({ ...token, hash: new Uint8Array(32) })).rejects.toMatchObject({
      code: 'DEMETRA_TOKEN_EXISTS',
    })
    expect(await tokens.revoke('a')).toBe(true)
    expect(await tokens.revoke('b')).toBe(false)
    expect(await tokens.list()).toEqual([{ ...added, revokedAt: expect.any(Number) }])
  })

  test('a lease is granted once, under one token', async () => {
    const database = await fresh()
    const leases = new MongoLeases(async () => losingAnswers(database))
    expect(await leases.acquire('archive', 'ann', LONG)).toEqual({ granted: true, token: 1n })
    expect(await leases.acquire('archive', 'ann', LONG)).toMatchObject({ granted: false, owner: 'ann' })
    expect(await leases.renew('archive', 1n, LONG)).toBe(true)
    await leases.release('archive', 1n)
    expect(await leases.renew('archive', 1n, LONG)).toBe(false)
    expect(await leases.acquire('archive', '$owner', LONG)).toEqual({ granted: true, token: 2n })
    expect(await leases.list()).toEqual([{ name: 'archive', owner: '$owner', expiresAt: expect.any(Number) }])
  })

  test('a lease that somebody else took in between is lost', async () => {
    const database = await fresh()
    const others = new MongoLeases(async () => database)
    const takeOver = () => others.acquire('archive', 'bob', LONG, (owner) => owner === 'ann')
    const leases = new MongoLeases(async () => losingAnswers(database, takeOver))
    expect(await leases.acquire('archive', 'ann', LONG)).toMatchObject({ granted: false, owner: 'bob' })
    expect(await others.list()).toMatchObject([{ owner: 'bob' }])
  })

  const progress = (state: string, more: Partial<ImportProgress> = {}): ImportProgress => ({
    fingerprint: '$f1',
    source: '$source',
    importId: 'import 1',
    status: 'running',
    state,
    ...more,
  })
  const counts = { written: 5, duplicates: 2, conflicts: 1 }

  test('an append is added to the sums of its import once', async () => {
    const database = await fresh()
    const losing = losingAnswers(database)
    expect(await currentState(losing, progress(''))).toBeNull()
    await saveProgress(losing, progress('$a'), null, counts, [{ writer: 3, call: 1 }])
    await saveProgress(losing, progress('$a'), '$a', counts, [{ writer: 3, call: 2 }])
    const more = [
      { writer: 3, call: 4 },
      { writer: 7, call: 1 },
    ]
    await saveProgress(losing, progress('$b'), '$a', counts, more)
    await noteUnsaved(losing, 'import 1', Long.fromBigInt(2n ** 40n + 1n))
    await noteUnsaved(losing, 'import 1', Long.fromBigInt(-(2n ** 60n)))
    expect(await readImport(losing, '$f1')).toEqual({
      ...progress('$b'),
      startedAt: expect.any(Number),
      updatedAt: expect.any(Number),
      written: 15,
      duplicates: 6,
      conflicts: 3,
      accounted: { 3: 4, 7: 1 },
      unsaved: [2n ** 40n + 1n, -(2n ** 60n)],
    })
    expect(await currentState(losing, progress(''))).toBe('$b')
  })

  test('an answer that comes after the next append was saved is still the right one', async () => {
    const database = await fresh()
    const next = () => saveProgress(database, progress('b'), 'a', counts, [])
    await saveProgress(losingAnswers(database, next), progress('a'), null, { ...counts, written: 1 }, [])
    expect(await readImport(database, '$f1')).toMatchObject({ state: 'b', written: 6 })
  })

  test('out of step nothing is saved; another import begins anew', async () => {
    const database = await fresh()
    const losing = losingAnswers(database)
    const imports = new MongoImports(async () => losing)
    const outOfStep = { code: 'DEMETRA_IMPORT_OUT_OF_STEP', exitCode: 11 }
    await expect(saveProgress(losing, progress('b'), 'a', counts, [])).rejects.toMatchObject(outOfStep)
    expect(await imports.list(10)).toEqual([])
    await saveProgress(losing, progress('a'), null, counts, [{ writer: 3, call: 1 }])
    for (const follows of [null, 'b', '$state']) {
      const late = saveProgress(losing, progress('c'), follows, counts, [])
      await expect(late).rejects.toMatchObject(outOfStep)
    }
    const other = progress('a', { importId: 'import 2' })
    await expect(saveProgress(losing, other, 'a', counts, [])).rejects.toMatchObject(outOfStep)
    await saveProgress(losing, other, null, { written: 1, duplicates: 0, conflicts: 0 }, [])
    expect(await readImport(losing, '$f1')).toMatchObject({
      importId: 'import 2',
      written: 1,
      duplicates: 0,
      accounted: {},
    })
    await imports.save(progress('end', { importId: 'import 2', status: 'finished' }))
    expect(await imports.get('$f1')).toMatchObject({ status: 'finished', state: 'end', written: 1 })
    await imports.forget('$f1')
    expect(await imports.get('$f1')).toBeNull()
  })

  const reader = (name: string, readTo: bigint) => ({ reportStore: '$store', name, generation: 1, readTo })
  const over = { code: 'DEMETRA_BACKFILL_OVER', exitCode: 5 }
  const below = (reports: string) => ({ code: 'DEMETRA_BACKFILL_BELOW_READERS', context: { reports } })

  test('a backfill begins once, a reader goes on once', async () => {
    const database = losingAnswers(await fresh())
    const readers = new MongoReaders(async () => database)
    const backfills = new MongoBackfills(async () => database)
    expect(await foremostReader(database)).toBeNull()
    expect(await readers.advance(reader('a', 0n))).toEqual({ mayReadTo: 0n })
    expect(await foremostReader(database)).toBe(0n)
    const begun = { importId: '$import', lowest: null, running: true }
    expect(await backfills.begin('$import', LONG)).toEqual({ ...begun, number: 1, holdsFrom: 0n })
    expect(await readers.advance(reader('a', 900n))).toEqual({ mayReadTo: 0n })
    await backfills.end(1)
    expect(await readers.advance(reader('a', 2n ** 62n + 5n))).toEqual({ mayReadTo: 2n ** 62n + 5n })
    expect(await readers.advance(reader('a', 7n))).toEqual({ mayReadTo: 7n })
    expect(await backfills.begin('$import', LONG)).toEqual({
      ...begun,
      number: 2,
      holdsFrom: 2n ** 62n + 5n,
    })
    expect(await backfills.since(0)).toMatchObject([
      { number: 1, running: false },
      { number: 2, running: true },
    ])
    expect(await foremostReader(database)).toBe(2n ** 62n + 5n)
  })

  test('fifty begin at once under fifty numbers', async () => {
    const backfills = new MongoBackfills(async () => database)
    const database = await fresh()
    const begun = await Promise.all(Array.from({ length: 50 }, (_, n) => backfills.begin(`${n}`, LONG)))
    const numbers = begun.map(({ number }) => number).toSorted((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  test('below what it holds from, a backfill asks the readers, and holds them lower down', async () => {
    const database = losingAnswers(await fresh())
    const readers = new MongoReaders(async () => database)
    const backfills = new MongoBackfills(async () => database)
    await readers.advance(reader('gone', 500n))
    await readers.advance(reader('a', 100n))
    const { number } = await backfills.begin('import 1', LONG)
    const handle = { number, staleReports: false }
    await expect(prepareBackfill(database, handle, 100n)).rejects.toMatchObject(below('a, gone'))
    await expect(prepareBackfill(database, handle, 300n)).rejects.toMatchObject(below('gone'))
    expect(await backfills.since(0)).toMatchObject([{ lowest: null, holdsFrom: 500n }])
    await prepareBackfill(database, handle, 501n)
    await readers.drop(reader('gone', 0n))
    await prepareBackfill(database, handle, 300n)
    expect(await readers.advance(reader('a', 900n))).toEqual({ mayReadTo: 299n })
    await prepareBackfill(database, handle, null)
    expect(await backfills.since(0)).toMatchObject([{ lowest: 300n, running: true }])
    await backfills.end(number)
    await expect(prepareBackfill(database, handle, null)).rejects.toMatchObject(over)
    const stale = { number, staleReports: true }
    await expect(prepareBackfill(database, stale, 10n)).rejects.toMatchObject(over)
    expect(await backfills.since(0)).toMatchObject([{ lowest: 300n, running: false }])
  })

  test('what was on its way when the backfill ran out is told by one of its own', async () => {
    const database = losingAnswers(await fresh())
    const backfills = new MongoBackfills(async () => database)
    const { number } = await backfills.begin('import 1', LONG)
    const handle = { number, staleReports: false }
    await prepareBackfill(database, handle, 300n)
    await confirmBackfill(database, handle, 300n)
    expect(await backfills.since(number)).toEqual([])
    await backfills.end(number)
    await expect(confirmBackfill(database, handle, 300n)).rejects.toMatchObject(over)
    expect(await backfills.since(number)).toMatchObject([
      { number: number + 1, importId: 'import 1', lowest: 300n, running: false },
    ])
  })

  test('readers and backfills never miss each other', async () => {
    const database = await fresh()
    const readers = new MongoReaders(async () => database)
    const backfills = new MongoBackfills(async () => database)
    const read = new Map<string, bigint>()
    const enoughAt = performance.now() + 3000
    const someOf = (range: number): bigint => BigInt(Math.ceil(Math.random() * range))
    let tail = 100n
    let written = 0
    const isEnough = (): boolean => performance.now() > enoughAt && written > 10
    const missed: string[] = []
    const goesOn = async (name: string): Promise<void> => {
      while (!isEnough()) {
        tail += someOf(10)
        const { mayReadTo } = await readers.advance(reader(name, tail))
        if (mayReadTo > (read.get(name) ?? 0n)) read.set(name, mayReadTo)
        if (Math.random() > 0.4) continue
        read.delete(name)
        await readers.drop(reader(name, 0n))
        await delay(Math.random() * 20)
      }
    }
    const fillsIn = async (): Promise<void> => {
      while (!isEnough()) {
        const { number, holdsFrom } = await backfills.begin('import 1', LONG)
        for (let batch = 0; batch < 3; batch += 1) {
          const lowest = holdsFrom + 20n - someOf(batch === 0 ? 19 : 40)
          if (lowest < 1n) break
          const isFree = await prepareBackfill(database, { number, staleReports: false }, lowest).then(
            () => true,
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'DEMETRA_BACKFILL_BELOW_READERS' })
              return false
            },
          )
          if (!isFree) break
          // as long as the events are on their way
          await delay(Math.random() * 10)
          written += 1
          for (const [name, position] of read)
            if (position >= lowest) missed.push(`${name} had read ${position}, ${lowest} came`)
        }
        await backfills.end(number)
      }
    }
    await Promise.all([...['a', 'b'].map(goesOn), fillsIn(), fillsIn()])
    expect(missed).toEqual([])
  })
})
