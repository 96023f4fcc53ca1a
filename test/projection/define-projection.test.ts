import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { decimal, defineEvent, defineProjection } from '../../src/index.ts'
import { isProjection } from '../../src/projection/projection.ts'
import { reportColumns } from '../../src/projection/report-shape.ts'

const paid = defineEvent({ type: 'paid', payload: z.object({}), formerly: ['payed'] })
const base = {
  version: 1,
  events: [paid],
  key: { id: z.string() },
  row: { n: z.int().default(0) },
  at: () => ({ id: 'x' }),
  when: { paid: () => undefined },
}
/** As plain JavaScript would call it. */
const define = (more: object) => defineProjection({ ...base, ...more } as never)

describe('columns', () => {
  const types: [z.ZodType, string][] = [
    [z.string(), 'text'],
    [z.email(), 'text'],
    [z.enum(['a', 'b']), 'text'],
    [z.literal('a'), 'text'],
    [z.templateLiteral(['a', z.int()]), 'text'],
    [z.iso.datetime(), 'text'],
    [z.iso.date(), 'date'],
    [z.string().date(), 'date'],
    [z.date(), 'timestamp'],
    [z.boolean(), 'boolean'],
    [z.int(), 'integer'],
    [z.number().int().min(3), 'integer'],
    [z.int32(), 'integer'],
    [z.literal([1, 2]), 'integer'],
    [z.number(), 'real'],
    [z.float64(), 'real'],
    [z.bigint(), 'bigint'],
    [z.int64(), 'bigint'],
    [decimal(4), 'decimal'],
    [z.object({ a: z.array(z.int()) }), 'json'],
    [z.array(z.string()), 'json'],
    [z.tuple([z.int(), z.string()]), 'json'],
    [z.record(z.string(), z.boolean()), 'json'],
    [z.json(), 'json'],
    [z.union([z.int(), z.number()]), 'real'],
    [z.union([z.literal('a'), z.email()]), 'text'],
    [z.string().brand('x').readonly(), 'text'],
    [z.lazy(() => z.string()), 'text'],
  ]
  test.each(types)('%o', (schema, type) => {
    const [, bare, optional, nullable] = reportColumns(
      define({ row: { bare: schema, optional: schema.optional(), nullable: schema.nullable() } }),
    )
    expect(bare).toMatchObject({ name: 'bare', type, key: false, required: true, nullable: false })
    expect(optional).toMatchObject({ type, required: false, nullable: false })
    expect(nullable).toMatchObject({ type, required: true, nullable: true })
  })

  test('a union with null is nullable, a default is no longer required', () => {
    const [, a, b, c] = reportColumns(
      define({
        row: {
          a: z.union([z.string(), z.null()]),
          b: z.int().default(3),
          c: decimal(2).nullable().default(null),
        },
      }),
    )
    expect(a).toMatchObject({ type: 'text', nullable: true, required: true })
    expect(b).toMatchObject({ type: 'integer', required: false, initial: '3' })
    expect(c).toMatchObject({ type: 'decimal', scale: 2, nullable: true, required: false, initial: 'null' })
  })

  const refused: [string, object, RegExp][] = [
    ['a transform', { row: { a: z.string().transform(Number) } }, /'a' (transforms|pipes)/u],
    ['a coercion', { row: { a: z.coerce.date() } }, /'a' coerces/u],
    ['a map', { row: { a: z.map(z.string(), z.int()) } }, /'a': z\.map\(\) has no column type/u],
    ['a custom type', { row: { a: z.custom() } }, /z\.custom\(\) has no column type/u],
    ['null alone', { row: { a: z.null() } }, /null alone/u],
    ['a mixed union', { row: { a: z.union([z.string(), z.int()]) } }, /union of text and integer/u],
    [
      'dates inside nested values',
      { row: { a: z.array(z.object({ at: z.date() })) } },
      /JSON: z\.date\(\) is none/u,
    ],
    ['optional and nullable', { row: { a: z.string().nullish() } }, /both optional and nullable/u],
    ['a default that does not fit', { row: { a: z.int().default(0.5) } }, /default of the column 'a'/u],
    ['no schema', { row: { a: 'text' } }, /'a' has no zod schema/u],
    ['a reserved name', { row: { Demetra_a: z.string() } }, /'demetra_' is for Demetra's own/u],
    ['an empty name', { row: { '': z.string() } }, /cannot be called so/u],
    ['a long name', { row: { ['x'.repeat(64)]: z.string() } }, /over 63 bytes/u],
    ['names that differ in case', { row: { n: z.int(), N: z.int() } }, /'n' and 'N' have the same name/u],
    ['a name of the key', { row: { ID: z.int() } }, /'id' and 'ID' have the same name/u],
    ['an empty key', { key: {} }, /the key has no column/u],
    ['an optional key', { key: { id: z.string().optional() } }, /'id' must always be set/u],
    ['a nested key', { key: { id: z.object({}) } }, /'id' cannot be of type json/u],
    ['a decimal key', { key: { id: decimal(2) } }, /'id' cannot be of type decimal/u],
    ['a schema for a row', { row: z.object({}) }, /'row' is an object of columns/u],
  ]
  test.each(refused)('%s is refused', (_what, more, message) => {
    expect(() => define(more)).toThrow(message)
    expect(() => define(more)).toThrow(expect.objectContaining({ exitCode: 1 }))
  })

  test('names of every other kind are taken', () => {
    const names = ['select', 'order by', 'a"b', 'naïve', 'constructor', 'toString', '1']
    const row = Object.fromEntries(names.map((name) => [name, z.string()]))
    expect(reportColumns(define({ row })).map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  })
})

describe('a mistake in plain JavaScript', () => {
  const mistakes: [string, object, RegExp][] = [
    ['a type in `when`', { when: { payd: () => {} } }, /'when' names the type 'payd'.*did you mean "paid"/u],
    ['a type in `at`', { at: { payd: () => null } }, /'at' names the type 'payd'.*did you mean "paid"/u],
    ['an old name in `when`', { when: { payed: () => {} } }, /'payed', which is not in 'events'/u],
    ['an option', { whens: {} }, /unknown option 'whens' \(did you mean "when"\?\)/u],
    ['no version', { version: undefined }, /'version' is a whole number/u],
    ['a version of 0', { version: 0 }, /'version' is a whole number/u],
    ['no events', { events: [] }, /'events' lists what it reads/u],
    ['something else in events', { events: [{}] }, /a object, expected a definition/u],
    ['a type twice', { events: [paid, 'paid'] }, /names 'paid' twice|both claim the name/u],
    ['an old name that another has', { events: [paid, 'payed'] }, /both claim the name 'payed'/u],
    ['no handler', { when: {} }, /'when' is empty/u],
    ['a handler that is none', { when: { paid: 1 } }, /'when' of 'paid' is not a function/u],
    ['no `at`', { at: undefined }, /'at' is a function/u],
    [
      '`at` for some types only',
      { events: [paid, 'x'], at: { paid: () => null } },
      /'at' does not say.*'x'/u,
    ],
    ['`complete`', { complete: true }, /'complete' is a function/u],
  ]
  test.each(mistakes)('%s', (_what, more, message) => {
    expect(() => define(more)).toThrow(message)
    expect(() => define(more)).toThrow(
      expect.objectContaining({ code: 'DEMETRA_PROJECTION_DEFINITION', exitCode: 1 }),
    )
  })

  test('is told from other objects', () => {
    expect(isProjection(define({}))).toBe(true)
    for (const none of [{}, null, () => 1, base]) expect(isProjection(none)).toBe(false)
  })
})
