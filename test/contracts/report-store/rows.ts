import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Generation, ReportStore, RowChange, StoredRow } from '../../../src/report-store/report-store.ts'
import { begun, change, commitOf, EMPTY, point, read, row, type Suite } from './support.ts'

/** Guarantee 2: a row comes back as it went in. */
export function rowTests({ cannotHold, filled }: Suite): void {
  const nul = cannotHold.nul === true ? '' : '\0'

  test('every value comes back as it went in, null and not set apart', async () => {
    const values = {
      landed: new Date('2016-01-01T12:00:00.123Z'),
      count: -(2 ** 53 - 1),
      amount: '-12345678901234567890.1230',
      ratio: 0.1,
      big: -(2n ** 63n),
      paid: false,
      note: null,
      tags: { a: [1, null, { '': 'x' }], __proto_: true },
    }
    const rows = [
      change('IT', '2016-01-01', row(values)),
      change(
        `o'x "y" \\ {,} ${nul} 😀`,
        '2016-01-02',
        row({ paid: true, big: 2n ** 63n - 1n, note: '', tags: 'x' }),
      ),
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

  const any = anyRow(cannotHold)

  test('any rows come back as they went in', async () => {
    let position = 1n
    const { store, report, token } = await filled([])
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(any, { selector: keyOf }), async (rows) => {
        const from = point(position)
        position += 1n
        const commit = commitOf(report, token, { from, checkpoint: point(position), rows })
        expect(await store.commit(commit)).toBe(true)
        await expectLoaded(store, report, rows)
      }),
      { numRuns: 50 },
    )
  })

  test('so do those that fill a generation', async () => {
    const { store } = await filled([])
    const [rows = []] = fc.sample(
      fc.uniqueArray(any, { selector: keyOf, minLength: 300, maxLength: 300, size: 'max' }),
      1,
    )
    const { report } = await begun(store, rows, { fresh: true })
    await expectLoaded(store, report, rows)
  })
}

const keyOf = ({ key }: RowChange): string => key.join('\0')

function anyRow({ nul, datesBefore }: Suite['cannotHold']): fc.Arbitrary<RowChange> {
  const text = fc
    .string({ unit: 'binary' })
    .map((given) => (nul === true ? given.replaceAll('\0', '') : given))
  const json = fc.oneof(text, fc.double({ noDefaultInfinity: true, noNaN: true }))
  const earliest = datesBefore === undefined ? {} : { min: datesBefore }
  const values = fc.record(
    {
      landed: fc.date({ noInvalidDate: true, ...earliest }),
      count: fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
      ratio: fc.double({ noNaN: true }).map((n) => (n === 0 ? 0 : n)),
      big: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      paid: fc.boolean(),
      note: fc.option(text, { nil: null }),
      tags: fc.array(
        fc.dictionary(
          fc.string(),
          json.map((x) => (x === 0 ? 0 : x)),
        ),
      ),
    },
    { requiredKeys: ['landed', 'note'] },
  )
  const day = fc
    .date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') })
    .map((date) => date.toISOString().slice(0, 10))
  return fc.tuple(text, day, values).map(([country, on, given]) => ({ key: [country, on], row: row(given) }))
}

async function expectLoaded(store: ReportStore, of: Generation, rows: readonly RowChange[]): Promise<void> {
  const loaded = await store.load(
    of,
    rows.map(({ key }) => key),
  )
  expect(loaded.map(plain)).toStrictEqual(rows.map((each) => plain(each.row)))
}

/** Objects without the prototypes that fast-check gives some of them. */
function plain(stored: StoredRow | null): unknown {
  if (stored === null) return null
  const values = stored.values.map((value) =>
    typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value,
  )
  return { ...stored, values }
}
