import { randomUUID } from 'node:crypto'
import { Long } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImportProgress } from '../../src/event-store/event-store.ts'
import { Database } from '../../src/event-store/mongodb/database.ts'
import {
  currentState,
  MongoImports,
  noteUnsaved,
  readImport,
  saveProgress,
} from '../../src/event-store/mongodb/imports.ts'
import { MongoLeases } from '../../src/event-store/mongodb/leases.ts'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'

const LONG = 600_000
const LOST = Object.assign(new Error('the answer was lost'), { code: 89 })

/** The same database, but the answer to every first attempt is lost: what it did is done all the same. */
function losingAnswers(database: Database, meanwhile: () => Promise<unknown> = async () => null): Database {
  return {
    url: database.url,
    collection: (name: string) => database.collection(name),
    session: () => database.session(),
    repeat: (attempt: () => Promise<unknown>) => {
      let lost = false
      return database.repeat(async () => {
        const result = await attempt()
        if (lost) return result
        lost = true
        await meanwhile()
        throw LOST
      })
    },
  } as unknown as Database
}

describeWithMongod('MongoDB bookkeeping when answers are lost', () => {
  describe.each([
    ['a standalone server', startMongod],
    ['a replica set', startReplicaSet],
  ])('%s', (_, start) => {
    let server: Awaited<ReturnType<typeof start>>
    const opened: Database[] = []
    beforeAll(async () => {
      server = await start()
    })
    afterAll(async () => {
      for (const database of opened) await database.close()
      await server.stop()
    })
    const fresh = async (): Promise<Database> => {
      const database = await Database.connect(server.url(`d${randomUUID()}`))
      opened.push(database)
      return database
    }

    test('a lease is granted once, under one token', async () => {
      const database = await fresh()
      const leases = new MongoLeases(async () => losingAnswers(database))
      expect(await leases.acquire('archive', 'ann', LONG)).toEqual({ granted: true, token: 1n })
      expect(await leases.acquire('archive', 'ann', LONG)).toMatchObject({ granted: false, owner: 'ann' })
      expect(await leases.renew('archive', 1n, LONG)).toBe(true)
      await leases.release('archive', 1n)
      expect(await leases.renew('archive', 1n, LONG)).toBe(false)
      expect(await leases.acquire('archive', '$owner', LONG)).toEqual({ granted: true, token: 2n })
      expect(await leases.list()).toEqual([
        { name: 'archive', owner: '$owner', expiresAt: expect.any(Number) },
      ])
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
  })
})
