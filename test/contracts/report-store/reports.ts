import { expect, test } from 'vitest'
import { COLUMNS, point, read, REPORT, type Suite } from './support.ts'

/** Guarantees 3, 5 and 6: what there is, and what is known of it. */
export function reportTests({ filled, open }: Suite): void {
  test('where nothing is, there is no report', async () => {
    const store = await open()
    expect(await store.status('sales-per-day')).toBeNull()
    expect(await store.list()).toEqual([])
    expect(await store.read('sales-per-day')).toBeNull()
    expect(await store.load({ name: 'sales-per-day', generation: 1 }, [['IT', '2016-01-01']])).toEqual([null])
  })

  test('a report is made once, empty, and is there for everyone', async () => {
    const store = await open()
    const made = await store.open(REPORT)
    expect(made).toMatchObject({ name: 'sales-per-day', generation: 1, version: 1, checkpoint: null })
    expect(made).toMatchObject({ shown: 0, waiting: {}, stale: [], skipped: [], heldBy: null, tail: null })
    expect(made.columns).toEqual(COLUMNS)
    const other = await open()
    expect(await other.open({ ...REPORT, version: 2 })).toEqual(made)
    expect(await other.status('sales-per-day')).toEqual(made)
    expect(await other.list()).toEqual([made])
    expect(await read(other)).toEqual([])
  })

  test('a report of another event store is refused', async () => {
    const store = await open()
    await store.open(REPORT)
    const refused = store.open({ ...REPORT, eventStoreId: 'store-2' })
    await expect(refused).rejects.toMatchObject({ code: 'DEMETRA_REPORT_OF_OTHER_STORE', exitCode: 1 })
  })

  test('a name that cannot be one is a usage error', async () => {
    const store = await open()
    for (const bad of ['', 'a b', 'demetra_x', 'x__g1', '../x', 'a"b', 'x'.repeat(60)]) {
      await expect(store.open({ ...REPORT, name: bad })).rejects.toMatchObject({ exitCode: 2 })
    }
  })

  test('state is kept with the rows', async () => {
    const state = {
      shown: 3,
      waiting: { landed: 2, '(complete)': 1 },
      backfill: 7,
      tail: {
        after: point(0n, 255),
        upTo: point(2n ** 62n, 9),
        events: 12,
        idsXor: new Uint8Array(16).fill(3),
      },
      stale: [{ cause: 'backfill', message: 'x' } as const],
      skipped: [{ id: '20ec0521-d127-4038-92ed-a4196c33705b', type: 't', position: 2n ** 62n }],
      checkpoint: point(2n ** 62n + 1n, 254),
    }
    await filled([], state)
    expect(await (await open()).status('sales-per-day')).toMatchObject(state)
  })
}
