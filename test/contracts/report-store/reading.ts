import { expect, test } from 'vitest'
import type { ColumnValue } from '../../../src/report-store/report-column.ts'
import type { ReportQuery } from '../../../src/report-store/report-store.ts'
import { change, COLUMNS, commitOf, EMPTY, point, read, REPORT, row, type Suite } from './support.ts'

/** The read side: conditions, order, batches, one snapshot. */
export function readingTests({ filled }: Suite): void {
  test('reading finds, orders and limits', async () => {
    const amounts = [
      '10',
      '9.50',
      '-1.5',
      '-20',
      '0.0000',
      '9.5',
      '-1.25',
      '123456789012345678901234567890.1',
    ]
    const rows = amounts.map((amount, i) =>
      change(
        'IT',
        `2016-01-0${i + 1}`,
        row({ amount, count: i, landed: new Date(i * 1000), paid: i % 2 === 0 }),
      ),
    )
    const { store } = await filled([
      ...rows,
      change('FR', '2016-01-01', row({})),
      change('DE', '2016-01-01', EMPTY),
    ])
    const at = COLUMNS.findIndex(({ name }) => name === 'amount')
    const select = async (query: ReportQuery) => (await read(store, query)).map((values) => values[at])
    expect(await select({})).toEqual([undefined, ...amounts])
    expect(await select({ order: [{ column: 'amount' }] })).toEqual([
      '-20',
      '-1.5',
      '-1.25',
      '0.0000',
      '9.50',
      '9.5',
      '10',
      amounts[7],
      undefined,
    ])
    expect(await select({ order: [{ column: 'amount', descending: true }], limit: 3 })).toEqual([
      amounts[7],
      '10',
      '9.50',
    ])
    const where = (name: string, comparison: '=' | '!=' | '<' | '<=' | '>' | '>=', value: ColumnValue) =>
      select({ where: [{ column: name, comparison, value }] })
    expect(await where('amount', '=', '9.5')).toEqual(['9.50', '9.5'])
    expect(await where('amount', '>=', '9.6')).toEqual(['10', amounts[7]])
    expect(await where('amount', '<', '-1.3')).toEqual(['-1.5', '-20'])
    expect(await where('amount', '=', null)).toEqual([undefined])
    expect(await where('amount', '!=', null)).toHaveLength(8)
    expect(await where('amount', '!=', '10')).toHaveLength(8)
    expect(await where('paid', '=', true)).toEqual(['10', '-1.5', '0.0000', '-1.25'])
    expect(await where('landed', '>', new Date(5000))).toEqual(['-1.25', amounts[7]])
    expect(await where('day', '<=', '2016-01-02')).toEqual([undefined, '10', '9.50'])
    expect(
      await select({
        where: [
          { column: 'count', comparison: '>', value: 2 },
          { column: 'count', comparison: '<=', value: 4 },
        ],
      }),
    ).toEqual(['-20', '0.0000'])
  })

  test('reading streams one snapshot in batches, whatever is committed meanwhile', async () => {
    const days = Array.from({ length: 25 }, (_, i) => `2016-01-${String(i + 1).padStart(2, '0')}`)
    const { store, report, token } = await filled(days.map((day) => change('IT', day, row({ count: 1 }))))
    const found = await store.read(REPORT.name, { batchRows: 10 })
    const sizes: number[] = []
    const counts = new Set<unknown>()
    for await (const batch of found?.batches ?? []) {
      sizes.push(batch.length)
      for (const values of batch) counts.add(values[3])
      if (sizes.length > 1) continue
      const rows = [
        ...days.map((day) => change('IT', day, row({ count: 2 }))),
        change('IT', '2017-01-01', row({})),
      ]
      expect(
        await store.commit(commitOf(report, token, { from: point(1n), checkpoint: point(2n), rows })),
      ).toBe(true)
    }
    expect(sizes).toEqual([10, 10, 5])
    expect([...counts]).toEqual([1])
    expect(await read(store)).toHaveLength(26)
  })
}
