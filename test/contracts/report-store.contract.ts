import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ColumnValue, ReportColumn } from '../../src/report-store/report-column.ts'
import type {
  NewReport,
  ReportCommit,
  ReportQuery,
  ReportStatus,
  ReportStore,
  RowChange,
  StoredRow,
} from '../../src/report-store/report-store.ts'

/** How the suite gets at an adapter. Two calls of `open` are two processes at one database. */
export interface ReportStoreHarness {
  open(now?: () => number): Promise<ReportStore>
}

const column = (of: string, more: Partial<ReportColumn> = {}): ReportColumn => ({
  name: of,
  type: 'text',
  key: false,
  required: false,
  nullable: false,
  ...more,
})

const COLUMNS: ReportColumn[] = [
  column('country', { key: true }),
  column('day', { key: true, type: 'date' }),
  column('landed', { type: 'timestamp', required: true }),
  column('count', { type: 'integer', initial: '0' }),
  column('amount', { type: 'decimal', scale: 4 }),
  column('ratio', { type: 'real' }),
  column('big', { type: 'bigint' }),
  column('paid', { type: 'boolean' }),
  column('note', { nullable: true, required: true }),
  column('tags', { type: 'json' }),
]
const REPORT: NewReport = { name: 'sales-per-day', eventStoreId: 'store-1', version: 1, columns: COLUMNS }
const EMPTY: StoredRow = { values: COLUMNS.slice(2).map(() => undefined), waiting: ['landed', 'note'] }

const point = (position: bigint, id = 1) => ({ position, id: new Uint8Array(16).fill(id) })

/** A row that is shown, with these columns set. */
function row(values: Record<string, ColumnValue>): StoredRow {
  const all: Record<string, ColumnValue> = { landed: new Date(0), note: null, ...values }
  return { values: COLUMNS.slice(2).map(({ name }) => all[name]), waiting: [] }
}
const change = (country: string, day: string, of: StoredRow | null): RowChange => ({
  key: [country, day],
  row: of,
})

function commitOf(report: ReportStatus, token: bigint, more: Partial<ReportCommit>): ReportCommit {
  const { shown, waiting, backfill, tail, stale, skipped } = report
  const state = { shown, waiting, backfill, tail, stale, skipped }
  const from = report.checkpoint
  return { ...state, of: report, token, from, checkpoint: point(1n), rows: [], ttlMs: 30_000, ...more }
}

export function reportStoreContract(adapter: string, harness: ReportStoreHarness): void {
  describe(`${adapter} keeps what the port promises`, () => {
    const opened: ReportStore[] = []
    const open = async (now?: () => number): Promise<ReportStore> => {
      const store = await harness.open(now)
      opened.push(store)
      return store
    }
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close()
    })

    const filled = async (rows: RowChange[], more: Partial<ReportCommit> = {}) => {
      const store = await open()
      const report = await store.open(REPORT)
      const lease = await store.acquire(report, 'me', 30_000)
      if (!lease.granted) throw new Error('no lease')
      expect(await store.commit(commitOf(report, lease.token, { rows, ...more }))).toBe(true)
      return { store, report, token: lease.token }
    }
    test('where nothing is, there is no report', async () => {
      const store = await open()
      expect(await store.status('sales-per-day')).toBeNull()
      expect(await store.list()).toEqual([])
      expect(await store.read('sales-per-day')).toBeNull()
      expect(await store.load({ name: 'sales-per-day', generation: 1 }, [['IT', '2016-01-01']])).toEqual([
        null,
      ])
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

    test('every value comes back as it went in, null and not set apart', async () => {
      const values = {
        landed: new Date('2016-01-01T12:00:00.123Z'),
        count: -(2 ** 53 - 1),
        amount: '-0012345678901234567890.1230',
        ratio: 0.1,
        big: -(2n ** 63n),
        paid: false,
        note: null,
        tags: { a: [1, null, { '': 'x' }], __proto_: true },
      }
      const rows = [
        change('IT', '2016-01-01', row(values)),
        change('o\'x "y" \0 😀', '2016-01-02', row({ paid: true, big: 2n ** 63n - 1n, note: '', tags: 'x' })),
        change('FR', '2016-01-01', EMPTY),
      ]
      const { store, report } = await filled(rows)
      const keys = rows.map(({ key }) => key)
      const missing = ['IT', '2016-01-09']
      const loaded = await store.load(report, [...keys, missing])
      expect(loaded).toStrictEqual([...rows.map((each) => each.row), null])
      const [first] = await read(store, { where: [{ column: 'country', comparison: '=', value: 'IT' }] })
      expect(first).toStrictEqual(['IT', '2016-01-01', ...Object.values(values)])
    })

    test('any rows come back as they went in', async () => {
      const json = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.double({ noDefaultInfinity: true, noNaN: true }),
      )
      const values = fc.record(
        {
          landed: fc.date({ noInvalidDate: true }),
          count: fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
          ratio: fc.double({ noNaN: true }).map((n) => (n === 0 ? 0 : n)),
          big: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
          paid: fc.boolean(),
          note: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
          tags: fc.array(
            fc.dictionary(
              fc.string(),
              json.map((x) => (x === 0 ? 0 : x)),
            ),
          ),
        },
        { requiredKeys: ['landed', 'note'] },
      )
      const key = fc.tuple(fc.string({ unit: 'binary' }), fc.date({ noInvalidDate: true }).map(String))
      let position = 1n
      const { store, report, token } = await filled([])
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.tuple(key, values), { selector: ([of]) => of.join('\0') }),
          async (all) => {
            const rows = all.map(([of, given]) => ({ key: of, row: row(given) }))
            const from = point(position)
            position += 1n
            const commit = commitOf(report, token, { from, checkpoint: point(position), rows })
            expect(await store.commit(commit)).toBe(true)
            const loaded = await store.load(
              report,
              all.map(([of]) => of),
            )
            expect(loaded.map(plain)).toStrictEqual(rows.map((each) => plain(each.row)))
          },
        ),
        { numRuns: 50 },
      )
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
      const { store, report, token } = await filled([
        change('IT', '2016-01-01', row({ count: 1, paid: true })),
      ])
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

    test('one lease at a time; it runs out by the clock, and the token grows', async () => {
      let now = 1000
      const [a, b] = [await open(() => now), await open(() => now)]
      const report = await a.open(REPORT)
      const first = await a.acquire(report, 'a', 100)
      expect(first).toEqual({ granted: true, token: 1n })
      expect(await b.acquire(report, 'b', 100)).toEqual({ granted: false, owner: 'a', expiresAt: 1100 })
      expect((await b.status(report.name))?.heldBy).toEqual({ owner: 'a', expiresAt: 1100 })
      now = 1050
      expect(await a.renew(report, 1n, 100)).toBe(true)
      now = 1149
      expect((await b.acquire(report, 'b', 100)).granted).toBe(false)
      now = 1150
      expect((await b.status(report.name))?.heldBy).toBeNull()
      expect(await b.acquire(report, 'b', 100)).toEqual({ granted: true, token: 2n })
      expect(await a.renew(report, 1n, 100)).toBe(false)
      await a.release(report, 1n)
      expect((await a.acquire(report, 'a', 100)).granted).toBe(false)
      await b.release(report, 2n)
      expect(await a.acquire(report, 'a', 100)).toEqual({ granted: true, token: 3n })
    })

    test('the lease of an owner that is gone is free', async () => {
      const store = await open()
      const report = await store.open(REPORT)
      await store.acquire(report, 'a', 60_000)
      expect(await store.acquire(report, 'b', 60_000, (owner) => owner !== 'a')).toMatchObject({
        granted: false,
      })
      expect(await store.acquire(report, 'b', 60_000, (owner) => owner === 'a')).toEqual({
        granted: true,
        token: 2n,
      })
    })

    test('a commit prolongs the lease; one that lost it writes nothing', async () => {
      let now = 0
      const [a, b] = [await open(() => now), await open(() => now)]
      const report = await a.open(REPORT)
      await a.acquire(report, 'a', 100)
      now = 90
      expect(await a.commit(commitOf(report, 1n, { ttlMs: 100 }))).toBe(true)
      now = 150
      expect((await b.acquire(report, 'b', 100)).granted).toBe(false)
      now = 190
      expect((await b.acquire(report, 'b', 100)).granted).toBe(true)
      const late = commitOf(report, 1n, { from: point(1n), checkpoint: point(2n) })
      expect(await a.commit(late)).toBe(false)
      expect(await b.commit({ ...late, token: 2n })).toBe(true)
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
  })
}

function unset(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}

/** Objects without the prototypes that fast-check gives some of them. */
function plain(stored: StoredRow | null): unknown {
  if (stored === null) return null
  const values = stored.values.map((value) =>
    typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value,
  )
  return { ...stored, values }
}

async function read(store: ReportStore, query?: ReportQuery): Promise<ColumnValue[][]> {
  const found = await store.read(REPORT.name, query)
  const rows: ColumnValue[][] = []
  for await (const batch of found?.batches ?? []) rows.push(...batch)
  return rows
}
