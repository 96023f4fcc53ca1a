import { expect, test } from 'vitest'
import type { RowChange } from '../../../src/report-store/report-store.ts'
import { change, commitOf, EMPTY, point, read, row, type Suite } from './support.ts'

/** Guarantee 1: all or nothing, and one writer. */
export function commitTests({ filled, open }: Suite): void {
  test('a commit from another checkpoint, token or without lease writes nothing', async () => {
    const { store, report, token } = await filled([change('IT', '2016-01-01', row({ count: 1 }))])
    const rows = [change('IT', '2016-01-01', row({ count: 2 })), change('FR', '2016-01-01', row({}))]
    const next = { rows, checkpoint: point(2n), shown: 9 }
    const before = await store.status(report.name)
    for (const from of [null, point(2n), point(1n, 2)]) {
      expect(await store.commit(commitOf(report, token, { ...next, from }))).toBe(false)
    }
    const from = point(1n)
    expect(await store.commit(commitOf(report, token + 1n, { ...next, from }))).toBe(false)
    const other = { name: report.name, generation: 2 }
    expect(await store.commit(commitOf(report, token, { ...next, from, of: other }))).toBe(false)
    expect(await store.status(report.name)).toEqual(before)
    await store.release(report, token)
    expect(await store.commit(commitOf(report, token, { ...next, from }))).toBe(false)
    expect((await read(store)).map((values) => values[3])).toEqual([1])
  })

  test('a commit that fails half way leaves nothing behind', async () => {
    const { store, report, token } = await filled([change('IT', '2016-01-01', row({ count: 1 }))])
    const circular: unknown[] = []
    circular.push(circular)
    const rows = [
      change('IT', '2016-01-01', row({ count: 2 })),
      change('FR', '2016-01-01', row({ tags: circular })),
    ]
    const commit = commitOf(report, token, { from: point(1n), checkpoint: point(2n), rows })
    await expect(store.commit(commit)).rejects.toThrow(/circular/u)
    expect((await store.status(report.name))?.checkpoint).toEqual(point(1n))
    expect((await read(store)).map((values) => values[3])).toEqual([1])
    const good = { ...commit, rows: rows.slice(0, 1) }
    expect(await store.commit(good)).toBe(true)
  })

  test('rows change, go and come back', async () => {
    const { store, report, token } = await filled([change('IT', '2016-01-01', row({ count: 1, paid: true }))])
    const commit = async (from: bigint, ...rows: RowChange[]) =>
      store.commit(commitOf(report, token, { from: point(from), checkpoint: point(from + 1n), rows }))
    await commit(1n, change('IT', '2016-01-01', row({ count: 2 })))
    expect(await read(store)).toEqual([
      ['IT', '2016-01-01', new Date(0), 2, ...unset(3), undefined, null, undefined],
    ])
    await commit(2n, change('IT', '2016-01-01', null), change('FR', '2016-01-01', null))
    expect(await read(store)).toEqual([])
    expect(await store.load(report, [['IT', '2016-01-01']])).toEqual([null])
    await commit(3n, change('IT', '2016-01-01', EMPTY))
    expect(await read(store)).toEqual([])
    expect(await store.load(report, [['IT', '2016-01-01']])).toEqual([EMPTY])
  })

  test('of two writers at the same checkpoint one wins', async () => {
    const { store, report, token } = await filled([])
    const other = await open()
    const commit = (count: number) =>
      commitOf(report, token, {
        from: point(1n),
        checkpoint: point(2n),
        rows: [change('IT', '2016-01-01', row({ count }))],
      })
    const outcomes = await Promise.all([store.commit(commit(1)), other.commit(commit(2))])
    expect(outcomes.toSorted()).toEqual([false, true])
    expect((await read(other))[0]?.[3]).toBe(outcomes[0] ? 1 : 2)
  })
}

function unset(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}
