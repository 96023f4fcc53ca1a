import { expect, test } from 'vitest'
import { pause } from '../../../src/pause.ts'
import type { NewReport, ReportStore } from '../../../src/report-store/report-store.ts'
import { begun, change, COLUMNS, commitOf, EMPTY, point, read, REPORT, row, type Suite } from './support.ts'

const DAYS = Array.from({ length: 20 }, (_, i) => `2016-01-${String(i + 1).padStart(2, '0')}`)

/** Guarantee 7: another generation is shown in one step. */
export function switchingTests({ filled, open, view }: Suite): void {
  test('a switch shows the new generation, with its columns, and keeps the old one', async () => {
    const { store, report, token } = await filled(rowsOf(1), { shown: 20 })
    const columns = [...COLUMNS.filter(({ name }) => name !== 'tags'), { ...added, name: 'added' }]
    const of: NewReport = { ...REPORT, version: 2, columns }
    const second = await store.begin(of)
    const lease = await store.acquire(second, 'replay', 30_000)
    const values = [new Date(0), 2, undefined, undefined, undefined, undefined, null, 'new']
    const rows = [{ key: ['IT', '2016-01-01'], row: { values, waiting: [] } }]
    expect(lease).toEqual({ granted: true, token: 1n })
    await store.commit(commitOf(second, 1n, { rows, checkpoint: point(5n), shown: 1 }))
    expect(await store.switchTo(second, 1n)).toBe(true)
    // the answer may have been lost: asked again, it says the same
    expect(await store.switchTo(second, 1n)).toBe(true)

    const other = await open()
    const status = await other.status(REPORT.name)
    expect(status).toMatchObject({ generation: 2, version: 2, inUse: true, shown: 1, checkpoint: point(5n) })
    expect(await other.list()).toEqual([status])
    expect(await other.open(of)).toEqual(status)
    expect((await other.read(REPORT.name))?.columns).toEqual(columns)
    expect(await read(other)).toEqual([['IT', '2016-01-01', ...values]])
    expect(await read(other, { generation: 1 })).toHaveLength(20)
    // whoever fills the old one may end what it does
    const next = { from: point(1n), checkpoint: point(2n), rows: rowsOf(3) }
    expect(await store.commit(commitOf(report, token, next))).toBe(true)
    expect(await read(other)).toHaveLength(1)
    await store.drop(report)
    expect(await read(other)).toHaveLength(1)
  })

  test('a switch without the lease, or to an older generation, changes nothing', async () => {
    const { store, report } = await filled(rowsOf(1))
    const second = await begun(store, rowsOf(2))
    expect(await store.switchTo(second.report, second.token + 1n)).toBe(false)
    // one that ran out and was taken
    await store.renew(second.report, second.token, 1)
    await pause(50)
    const other = await open()
    expect(await other.acquire(second.report, 'other', 30_000)).toMatchObject({ granted: true })
    expect(await store.switchTo(second.report, second.token)).toBe(false)
    const third = await begun(store, rowsOf(3))
    await store.release(third.report, third.token)
    expect(await store.switchTo(third.report, third.token)).toBe(false)
    expect(await shown(other)).toEqual([1])
    expect(await other.status(REPORT.name)).toMatchObject({ generation: 1, inUse: true })

    const again = await store.acquire(third.report, 'me', 30_000)
    expect(again).toEqual({ granted: true, token: 2n })
    expect(await store.switchTo(third.report, 2n)).toBe(true)
    expect(await other.switchTo(second.report, second.token + 1n)).toBe(false)
    expect(await shown(store)).toEqual([3])
    expect((await store.generations(REPORT.name)).map(({ inUse }) => inUse)).toEqual([false, false, true])
    expect(await store.acquire(report, 'x', 1000)).toMatchObject({ granted: false })
  })

  test('where none is in use, the first switch makes the report', async () => {
    const store = await open()
    const { report, token } = await begun(store, rowsOf(1))
    expect(report).toMatchObject({ generation: 1, inUse: false })
    expect(await store.status(REPORT.name)).toBeNull()
    expect(await store.list()).toEqual([])
    expect(await store.read(REPORT.name)).toBeNull()
    expect(await store.switchTo(report, token)).toBe(true)
    expect(await shown(await open())).toEqual([1])
  })

  test('a report that is opened beside a first generation has another number', async () => {
    const store = await open()
    const { report, token } = await begun(store, rowsOf(1))
    expect(await store.open(REPORT)).toMatchObject({ generation: 2, inUse: true })
    expect(await store.switchTo(report, token)).toBe(false)
    expect(await read(store)).toEqual([])
  })

  test('what reads the old generation reads it to its end', async () => {
    const { store } = await filled(rowsOf(1))
    const second = await begun(store, rowsOf(2))
    const [started, asked] = [
      await store.read(REPORT.name, { batchRows: 7 }),
      await store.read(REPORT.name, { batchRows: 7 }),
    ]
    const counts: unknown[] = []
    for await (const batch of started?.batches ?? []) {
      if (counts.length === 0) expect(await store.switchTo(second.report, second.token)).toBe(true)
      counts.push(...batch.map((values) => values[3]))
    }
    expect(counts).toEqual(DAYS.map(() => 1))
    expect(await shown(store)).toEqual([2])
    // columns were told of the old one, so rows are of the old one
    const late: unknown[] = []
    for await (const batch of asked?.batches ?? []) late.push(...batch.map((values) => values[3]))
    expect(new Set(late)).toEqual(new Set([1]))
  })

  test('people who query the view are shown complete rows of the generation in use', async ({ skip }) => {
    const { store, report } = await filled([change('IT', '2016-01-01', row({ count: 1 })), WAITS])
    const seen = async () => (await view(report.view))?.map(({ country, count }) => [country, Number(count)])
    const first = await seen()
    if (first === undefined) skip()
    expect(first).toEqual([['IT', 1]])
    const { report: second, token } = await begun(store, [
      change('FR', '2016-01-01', row({ count: 2 })),
      WAITS,
    ])
    expect(await seen()).toEqual([['IT', 1]])
    expect(await store.switchTo(second, token)).toBe(true)
    expect(await seen()).toEqual([['FR', 2]])
    await store.drop(report)
    expect(await seen()).toEqual([['FR', 2]])
  })
}

const WAITS = change('DE', '2016-01-01', EMPTY)
const added = { type: 'text', key: false, required: false, nullable: false } as const

function rowsOf(count: number) {
  return DAYS.map((day) => change('IT', day, row({ count })))
}

async function shown(store: ReportStore): Promise<unknown[]> {
  return [...new Set((await read(store)).map((values) => values[3]))]
}
