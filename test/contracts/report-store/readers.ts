import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ReportStore, RowChange } from '../../../src/report-store/report-store.ts'
import { begun, change, read, REPORT, row, type Suite } from './support.ts'

const SWITCHES = 100
const ROWS = 20

/** Guarantee 7 again, with readers that never rest. */
export function readerTests({ filled, open, view }: Suite): void {
  test(`${SWITCHES} switches under readers: no error, nothing empty, nothing mixed`, async () => {
    const { store, report: first } = await filled(rows(1))
    const [one, two] = [await open(), await open()]
    const countsOf = async (reader: ReportStore, batchRows: number) =>
      (await read(reader, { batchRows })).map((values) => Number(values[3]))
    const readers = [async () => countsOf(one, 7), async () => countsOf(two, 1000)]
    if ((await view(first.view)) !== null) {
      readers.push(async () => (await view(first.view))?.map(({ count }) => Number(count)) ?? [])
    }
    const until = { done: false }
    const loop = async (reader: () => Promise<number[]>): Promise<number> => {
      let newest = 0
      let reads = 0
      while (!until.done) {
        const counts = await reader()
        expect(counts).toHaveLength(ROWS)
        expect(new Set(counts).size).toBe(1)
        expect(counts[0]).toBeGreaterThanOrEqual(newest)
        newest = counts[0] ?? 0
        reads += 1
        await setImmediate()
      }
      return reads
    }
    const switching = async (): Promise<void> => {
      try {
        for (let generation = 2; generation <= SWITCHES + 1; generation += 1) {
          const { report, token } = await begun(store, rows(generation), { fresh: true })
          expect(await store.switchTo(report, token)).toBe(true)
          await setImmediate()
        }
      } finally {
        until.done = true
      }
    }
    const [, ...reads] = await Promise.all([switching(), ...readers.map(loop)])
    for (const count of reads) expect(count).toBeGreaterThan(0)
    for (const each of await store.generations(REPORT.name)) if (!each.inUse) await store.drop(each)
    expect(await store.generations(REPORT.name)).toHaveLength(1)
    expect([...new Set(await countsOf(store, 1000))]).toEqual([SWITCHES + 1])
  })
}

/** All with this count. */
function rows(count: number): RowChange[] {
  return Array.from({ length: ROWS }, (_, i) => change('IT', `2016-01-${i + 10}`, row({ count })))
}
