import { afterEach, describe, expect, test } from 'vitest'
import type { AppendOptions, ImportProgress } from '../../../src/event-store/event-store.ts'
import { anEvent, type EventStoreHarness, events, Opened } from './fixture.ts'
import { testWhere } from '../test-where.ts'

const progress = (state: string, more: Partial<ImportProgress> = {}): ImportProgress => ({
  fingerprint: 'f1',
  source: 'sepsis.csv',
  importId: '00000000-0000-4000-8000-000000000001',
  status: 'running',
  state,
  ...more,
})
const NO_SUMS = { written: 0, duplicates: 0, conflicts: 0 }

export function importTests(harness: EventStoreHarness): void {
  describe('imports', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('progress is there with the events, also for the next process, and sums what was done', async () => {
      const database = await opened.database()
      const store = await database.open()
      expect(await store.imports.get('f1')).toBeNull()
      const some = events(5, (n) => anEvent(`e${n}`))
      await store.append(some, { progress: progress('{"at":5}') })
      const changed = anEvent('e0', { payload: '{"changed":true}' })
      await store.append([...some, changed, anEvent('e6')], { progress: progress('{"at":12}') })
      expect(await (await database.open()).imports.get('f1')).toEqual({
        ...progress('{"at":12}'),
        startedAt: expect.any(Number),
        updatedAt: expect.any(Number),
        written: 6,
        duplicates: 5,
        conflicts: 1,
      })
    })

    test('`save` keeps the sums; another import of the same source begins anew', async () => {
      const store = await opened.store()
      await store.append([anEvent('a')], { progress: progress('{}') })
      await store.imports.save(progress('{"done":1}', { status: 'finished' }))
      expect(await store.imports.get('f1')).toMatchObject({
        status: 'finished',
        state: '{"done":1}',
        written: 1,
      })
      const anew = progress('{}', { importId: '00000000-0000-4000-8000-000000000002' })
      await store.imports.save(anew)
      expect(await store.imports.get('f1')).toMatchObject({ ...anew, ...NO_SUMS })
    })

    test('lists the newest first, and forgets', async () => {
      const store = await opened.store()
      for (const fingerprint of ['f1', 'f2', 'f3']) await store.imports.save(progress('{}', { fingerprint }))
      const listed = await store.imports.list(10)
      expect(listed.map(({ fingerprint }) => fingerprint).toSorted()).toEqual(['f1', 'f2', 'f3'])
      expect(listed.map(({ startedAt }) => -startedAt)).toEqual(
        listed.map(({ startedAt }) => -startedAt).toSorted((a, b) => a - b),
      )
      expect((await store.imports.list(2)).length).toBe(2)
      await store.imports.forget('f2')
      expect(await store.imports.get('f2')).toBeNull()
      expect((await store.imports.list(10)).length).toBe(2)
    })

    testWhere(harness.capabilities.atomicProgress, 'a refused call saves no progress', async () => {
      const store = await opened.store()
      const options = { progress: progress('{"at":1}'), backfill: { number: 7, staleReports: false } }
      await expect(store.append([anEvent('a', { position: 5n })], options)).rejects.toMatchObject({
        code: 'DEMETRA_BACKFILL_OVER',
      })
      expect(await store.imports.get('f1')).toBeNull()
      expect(await store.get(anEvent('a').id)).toBeNull()
    })

    testWhere(
      harness.capabilities.appendsInFlight > 1,
      'a call that fails takes along those of its import sent behind it, and no others; all goes on after',
      async () => {
        const store = await opened.store()
        const batch = (name: string) => events(2500, (n) => anEvent(`${name}${n}`))
        const send = (name: string, more: AppendOptions = {}) =>
          store.append(batch(name), { progress: progress(name), ...more })
        const refused = { backfill: { number: 7, staleReports: false } }
        const outcomes = await Promise.allSettled([
          send('a', { follows: null }),
          send('b', { follows: 'a', ...refused }),
          send('c', { follows: 'b' }),
          store.append(batch('other')),
          send('d', { progress: progress('{}', { fingerprint: 'f2', importId: 'of another' }) }),
        ])
        expect(outcomes.map(({ status }) => status)).toEqual([
          'fulfilled',
          'rejected',
          'rejected',
          'fulfilled',
          'fulfilled',
        ])
        expect(await store.imports.get('f1')).toMatchObject({ state: 'a', written: 2500 })
        if (harness.capabilities.atomicProgress) expect(await store.get(anEvent('c0').id)).toBeNull()
        expect(await store.get(anEvent('other2499').id)).not.toBeNull()
        const seenFailing = [
          send('c', { follows: 'b' }),
          store.append([anEvent('small')], { progress: progress('d'), follows: 'c' }),
        ]
        for (const late of seenFailing)
          await expect(late).rejects.toMatchObject({ code: 'DEMETRA_IMPORT_OUT_OF_STEP' })
        // and one of them twice
        const again = await store.append([...batch('c'), ...batch('c').slice(0, 1)], {
          progress: progress('c'),
          follows: 'a',
        })
        expect(again.written + again.skipped).toBe(2500)
        expect(again.duplicates).toBe(1)
        expect(await store.imports.get('f1')).toMatchObject({ state: 'c', written: 5000, duplicates: 1 })
      },
    )
  })
}
