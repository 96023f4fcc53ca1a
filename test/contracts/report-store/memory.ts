import { expect, test } from 'vitest'
import type { NewReport, RowChange } from '../../../src/report-store/report-store.ts'
import type { ColumnValue, ReportColumn } from '../../../src/report-store/report-column.ts'
import { begun, change, commitOf, EMPTY, point, read, REPORT, row, type Suite } from './support.ts'

const column = (name: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  name,
  type: 'text',
  key: false,
  required: false,
  nullable: false,
  ...more,
})
/** `day` is a column of the rows as well, of another type. */
const MEMORY = [
  column('case', { key: true }),
  column('day', { type: 'timestamp' }),
  column('last', { nullable: true }),
  column('seen', { type: 'json' }),
  column('big', { type: 'bigint' }),
]
const WITH_MEMORY: NewReport = { ...REPORT, memory: MEMORY }
const FULL = [new Date('2016-01-01T12:00:00.123Z'), 'landed', { a: [1, null] }, 2n ** 63n - 1n]
const KEY = ['IT', '2016-01-01'] as const

/** Guarantee 8: the memory of a projection, kept beside the rows by the same commits. */
export function memoryTests({ filled, open }: Suite): void {
  test('memory comes back as it went in, changes and goes', async () => {
    const unset = [undefined, null, undefined, undefined]
    const { store, report, token } = await filled(
      [],
      { memory: [keep('a', FULL), keep('b', unset)] },
      WITH_MEMORY,
    )
    expect(report.memory).toEqual(MEMORY)
    const all = [['b'], ['missing'], ['a']]
    expect(await store.load(report, all, 'memory')).toStrictEqual([kept(unset), null, kept(FULL)])
    const memory = [keep('a', null), keep('b', FULL), keep('c', unset), keep('d', null)]
    await store.commit(commitOf(report, token, { from: point(1n), checkpoint: point(2n), memory }))
    expect(await (await open()).load(report, [['a'], ['b'], ['c'], ['d']], 'memory')).toStrictEqual([
      null,
      kept(FULL),
      kept(unset),
      null,
    ])
  })

  test('rows and memory are committed together or not at all', async () => {
    const rows = [change(...KEY, row({ count: 1 }))]
    const { store, report, token } = await filled(rows, { memory: [keep('a', FULL)] }, WITH_MEMORY)
    const other = [FULL[0], 'completed', undefined, undefined]
    const next = commitOf(report, token, {
      from: point(1n),
      checkpoint: point(2n),
      rows: [change(...KEY, row({ count: 2 })), change('FR', '2016-01-01', row({}))],
      memory: [keep('a', other), keep('b', other)],
    })
    const nothingNew = async (): Promise<void> => {
      expect((await read(store)).map((values) => values[3])).toEqual([1])
      expect(await store.load(report, [['a'], ['b']], 'memory')).toStrictEqual([kept(FULL), null])
      expect((await store.status(REPORT.name))?.checkpoint).toEqual(point(1n))
    }
    expect(await store.commit({ ...next, token: token + 1n })).toBe(false)
    expect(await store.commit({ ...next, from: null })).toBe(false)
    await nothingNew()
    const circular: unknown[] = []
    circular.push(circular)
    const bad = [...next.memory, keep('c', [undefined, null, circular, undefined])]
    await expect(store.commit({ ...next, memory: bad })).rejects.toThrow(/circular/u)
    await nothingNew()
    expect(await store.commit(next)).toBe(true)
    expect((await store.load(report, [KEY]))[0]?.values[1]).toBe(2)
    expect(await store.load(report, [['a']], 'memory')).toStrictEqual([kept(other)])
  })

  test('nobody is shown the memory, and each generation has its own', async () => {
    const { store, report } = await filled(
      [change(...KEY, row({ count: 1 })), change('FR', '2016-01-01', EMPTY)],
      { memory: [keep('a', FULL)] },
      WITH_MEMORY,
    )
    expect(await read(store)).toHaveLength(1)
    expect((await store.read(REPORT.name))?.columns).toEqual(REPORT.columns)
    expect((await store.list()).map(({ name }) => name)).toEqual([REPORT.name])

    const second = await begun(store, [], { memory: [keep('b', FULL)] }, WITH_MEMORY)
    expect(await store.load(second.report, [['a'], ['b']], 'memory')).toStrictEqual([null, kept(FULL)])
    expect(await store.load(report, [['a'], ['b']], 'memory')).toStrictEqual([kept(FULL), null])
    // one without a memory
    const third = await begun(store, [change(...KEY, row({ count: 3 }))])
    expect(third.report.memory).toBeNull()
    await store.drop(second.report)
    await expect(store.load(second.report, [['b']], 'memory')).rejects.toMatchObject({
      code: 'DEMETRA_GENERATION_GONE',
    })
    expect(await store.switchTo(third.report, third.token)).toBe(true)
    await store.drop(report)
    expect((await read(store)).map((values) => values[3])).toEqual([3])
  })

  test('fresh rows are kept as others are, and may change later', async () => {
    const rows = [
      change('IT', '2016-01-01', row({ count: 1, big: -1n, tags: [null] })),
      change('FR', '2016-01-01', EMPTY),
      // made and deleted within the batch
      change('DE', '2016-01-01', null),
    ]
    const fresh = { fresh: true, memory: [keep('a', FULL), keep('b', null)] }
    const { store, report, token } = await filled(rows, fresh, WITH_MEMORY)
    const keys = rows.map(({ key }) => key)
    expect(await store.load(report, keys)).toStrictEqual(rows.map((each) => each.row))
    expect(await store.load(report, [['a'], ['b']], 'memory')).toStrictEqual([kept(FULL), null])
    const more = [
      change('DE', '2016-01-01', row({ count: 3 })),
      change('ES', '2016-01-01', row({ count: 4 })),
    ]
    const commit = { from: point(1n), checkpoint: point(2n), rows: more, fresh: true }
    expect(await store.commit(commitOf(report, token, commit))).toBe(true)
    const changed = [change('IT', '2016-01-01', row({ count: 2 })), change('FR', '2016-01-01', null)]
    const last = { from: point(2n), checkpoint: point(3n), rows: changed }
    expect(await store.commit(commitOf(report, token, last))).toBe(true)
    expect((await read(store)).map((values) => values[3])).toEqual([3, 4, 2])
  })
}

function kept(values: ColumnValue[]) {
  return { values, waiting: [] }
}

function keep(of: string, values: ColumnValue[] | null): RowChange {
  return { key: [of], row: values === null ? null : kept(values) }
}
