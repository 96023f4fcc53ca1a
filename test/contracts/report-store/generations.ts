import { expect, test } from 'vitest'
import type { NewReport, ReportStatus } from '../../../src/report-store/report-store.ts'
import { begun, change, COLUMNS, commitOf, point, read, REPORT, row, type Suite } from './support.ts'

const GONE = { code: 'DEMETRA_GENERATION_GONE', exitCode: 5 }
const KEY = ['IT', '2016-01-01'] as const

/** The generations of a report beside the one that is shown. */
export function generationTests({ filled, open, indexes, view }: Suite): void {
  test('a new generation is empty, has a lease of its own, and nothing of it is shown', async () => {
    const { store, report, token } = await filled([change(...KEY, row({ count: 1 }))])
    const before = await store.status(report.name)
    const made = await store.begin({ ...REPORT, version: 2 })
    expect(made).toMatchObject({ generation: 2, version: 2, inUse: false, checkpoint: null, shown: 0 })
    expect(made.view).toBe(report.view)
    expect(made.table).not.toBe(report.table)
    expect(await store.load(made, [KEY])).toEqual([null])

    const other = await open()
    const lease = await other.acquire(made, 'replay', 30_000)
    expect(lease).toEqual({ granted: true, token: 1n })
    const rows = [change(...KEY, row({ count: 2 })), change('FR', '2016-01-01', row({ count: 2 }))]
    expect(await other.commit(commitOf(made, 1n, { rows, checkpoint: point(9n), shown: 2 }))).toBe(true)
    expect(await store.status(report.name)).toEqual(before)
    expect(await store.list()).toEqual([before])
    expect(await store.open({ ...REPORT, version: 2 })).toEqual(before)
    expect(counts(await read(store))).toEqual([1])
    expect(counts(await read(store, { generation: 2 }))).toEqual([2, 2])
    const next = { from: point(1n), checkpoint: point(2n), rows: [change(...KEY, row({ count: 3 }))] }
    expect(await store.commit(commitOf(report, token, next))).toBe(true)
    expect(counts(await read(store))).toEqual([3])
    expect((await store.load(made, [KEY]))[0]?.values[1]).toBe(2)

    const all = await store.generations(report.name)
    expect(all.map(({ generation, inUse }) => [generation, inUse])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(all[1]).toMatchObject({ checkpoint: point(9n), shown: 2, heldBy: { owner: 'replay' } })
  })

  test('of what is not there, there is no generation', async () => {
    const store = await open()
    expect(await store.generations(REPORT.name)).toEqual([])
    expect(await store.read(REPORT.name, { generation: 1 })).toBeNull()
    await store.drop({ name: REPORT.name, generation: 1 })
    expect(await store.switchTo({ name: REPORT.name, generation: 1 }, 1n)).toBe(false)
    await store.open(REPORT)
    await expect(store.read(REPORT.name, { generation: 2 })).rejects.toMatchObject(GONE)
    await expect(store.load({ ...REPORT, generation: 2 }, [KEY])).rejects.toMatchObject(GONE)
  })

  test('a generation that is dropped is gone, for everybody', async () => {
    const { store, report } = await filled([change(...KEY, row({ count: 1 }))])
    const { report: second, token } = await begun(store, [change(...KEY, row({ count: 2 }))])
    const other = await open()
    expect(await other.load(second, [KEY])).toHaveLength(1)
    await store.drop(second)
    await store.drop(second)
    for (const each of [store, other]) {
      await expect(each.load(second, [KEY])).rejects.toMatchObject(GONE)
      await expect(each.read(report.name, { generation: 2 })).rejects.toMatchObject(GONE)
      await expect(each.acquire(second, 'me', 1000)).rejects.toMatchObject(GONE)
      expect(await each.renew(second, token, 1000)).toBe(false)
      const late = { from: point(1n), checkpoint: point(2n), rows: [change(...KEY, row({}))] }
      expect(await each.commit(commitOf(second, token, late))).toBe(false)
      expect(await each.switchTo(second, token)).toBe(false)
      await each.release(second, token)
      expect(generationNumbers(await each.generations(report.name))).toEqual([1])
    }
    // the one in use stays, whether that is told or not
    await store.drop(report).catch(() => undefined)
    expect(counts(await read(other))).toEqual([1])
  })

  test('no number is used twice', async () => {
    const { store, report } = await filled([])
    const other = await open()
    const made = await Promise.all([store.begin(REPORT), other.begin(REPORT), store.begin(REPORT)])
    expect(generationNumbers(made).toSorted()).toEqual([2, 3, 4])
    for (const each of made) await other.drop(each)
    expect((await store.begin(REPORT)).generation).toBe(5)
    const { report: sixth, token } = await begun(store, [])
    expect(await store.switchTo(sixth, token)).toBe(true)
    await store.drop({ ...report, generation: 5 })
    await store.drop(report)
    expect(generationNumbers(await other.generations(report.name))).toEqual([6])
    expect((await (await open()).begin(REPORT)).generation).toBe(7)
  })

  test('a report of another event store is refused', async () => {
    const store = await open()
    await store.open(REPORT)
    const refusal = { code: 'DEMETRA_REPORT_OF_OTHER_STORE', exitCode: 1 }
    await expect(store.begin({ ...REPORT, eventStoreId: 'store-2' })).rejects.toMatchObject(refusal)
    expect(await store.generations(REPORT.name)).toHaveLength(1)
    const begunOnly = { ...REPORT, name: 'begun-only' }
    await store.begin(begunOnly)
    await expect(store.begin({ ...begunOnly, eventStoreId: 'store-2' })).rejects.toMatchObject(refusal)
    await expect(store.open({ ...begunOnly, eventStoreId: 'store-2' })).rejects.toMatchObject(refusal)
    await expect(store.begin({ ...REPORT, name: 'a b' })).rejects.toMatchObject({ exitCode: 2 })
  })

  test('hidden columns are kept and not shown', async () => {
    const of: NewReport = { ...REPORT, hidden: ['count', 'tags'] }
    const kept = row({ count: 7, tags: { a: 1 }, amount: '1.5' })
    const { store, report } = await filled([change(...KEY, kept)], {}, of)
    expect(report).toMatchObject({ columns: COLUMNS, hidden: ['count', 'tags'] })
    const shown = COLUMNS.filter(({ name }) => name !== 'count' && name !== 'tags')
    expect((await store.read(REPORT.name))?.columns).toEqual(shown)
    expect(await read(store)).toEqual([[...KEY, new Date(0), '1.5', undefined, undefined, undefined, null]])
    expect(await store.load(report, [KEY])).toEqual([kept])
    const seen = await view(report.view)
    for (const each of seen ?? []) {
      expect(each).not.toHaveProperty('count')
      expect(each).not.toHaveProperty('tags')
    }
    const { report: second, token } = await begun(store, [change(...KEY, kept)])
    await store.switchTo(second, token)
    expect((await store.read(REPORT.name))?.columns).toEqual(COLUMNS)
    if (seen !== null) expect((await view(report.view))?.map(({ count }) => Number(count))).toEqual([7])
  })

  test('each generation has its indexes, once it is in use', async ({ skip }) => {
    const of: NewReport = { ...REPORT, indexes: [['landed', 'country'], ['note']] }
    const { store, report } = await filled([change(...KEY, row({}))], {}, of)
    expect(report.indexes).toEqual(of.indexes)
    const first = await indexes(report.table)
    if (first === null) skip()
    expect(first).toEqual(expect.arrayContaining([['landed', 'country'], ['note']]))
    const changed = { ...of, indexes: [['day'], ['note', 'day']] }
    const { report: second, token } = await begun(store, [change(...KEY, row({}))], {}, changed)
    expect(await store.switchTo(second, token)).toBe(true)
    expect(await indexes(second.table)).toEqual(expect.arrayContaining([['day'], ['note', 'day']]))
    expect(await indexes(report.table)).toEqual(first)
    expect((await store.status(REPORT.name))?.indexes).toEqual(changed.indexes)
  })
}

function counts(rows: readonly (readonly unknown[])[]): unknown[] {
  return rows.map((values) => values[3])
}

function generationNumbers(all: readonly ReportStatus[]): number[] {
  return all.map(({ generation }) => generation)
}
