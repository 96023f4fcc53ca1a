import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { defineEvent, formatIssue, isEventDefinition } from '../../src/event/define-event.ts'
import { EventReader } from '../../src/event/domain-event.ts'
import { newEvent } from '../projection/workspace.ts'

const paid = defineEvent({
  type: 'payment-completed',
  service: 'core',
  payload: z.object({
    amount: z.string(),
    method: z.string(),
    items: z.array(z.object({ n: z.int() })).optional(),
  }),
  formerly: ['payment-done'],
  upcast: [(payload) => ({ method: 'unknown', ...payload })],
})
const given = { aggregate_id: 'payment/23', payload: { amount: '3.0000/EUR', method: 'card' } }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u

describe('a definition, called', () => {
  test('makes an event, with an id of its own and now where nothing else is said', () => {
    const before = Date.now()
    const event = paid(given)
    expect(event.id).toMatch(UUID)
    expect(event.id).not.toBe(paid(given).id)
    expect(Date.parse(event.meta.created_at)).toBeGreaterThanOrEqual(before)
    expect(event).toMatchObject({
      meta: { service: 'core', type: 'payment-completed', aggregate_id: 'payment/23' },
      payload: given.payload,
    })
    expect(event.meta).not.toHaveProperty('correlation_id')
  })

  test('takes what it is told', () => {
    const id = '20ec0521-d127-4038-92ed-a4196c33705b'
    const created_at = new Date('2016-01-01T12:00:00Z')
    const event = paid({
      ...given,
      id,
      service: 'web',
      created_at,
      correlation_id: 'c/1',
      meta: { tenant: 7 },
    })
    expect(event).toEqual({
      id,
      meta: {
        tenant: 7,
        service: 'web',
        type: 'payment-completed',
        created_at: '2016-01-01T12:00:00.000Z',
        aggregate_id: 'payment/23',
        correlation_id: 'c/1',
      },
      payload: given.payload,
    })
    expect(paid({ ...given, created_at: '2016-01-01T13:00:00+01:00' }).meta.created_at).toBe(
      '2016-01-01T13:00:00+01:00',
    )
  })

  test('refuses a payload that does not fit, and a missing service', () => {
    expect(() => paid({ ...given, payload: { amount: 3 } as never })).toThrow(
      /amount: expected string.*method: expected string/u,
    )
    const homeless = defineEvent({ type: 'x', payload: z.object({}) })
    expect(() => homeless({ aggregate_id: 'x', payload: {} } as never)).toThrow(/without a service/u)
  })
})

describe('check', () => {
  test('passes what fits once it is upcast, and leaves it as it came', () => {
    const old = { amount: '3' }
    expect(paid.check(old)).toEqual([])
    expect(old).toEqual({ amount: '3' })
    expect(paid.check({ amount: '3', method: 'card', extra: 1 })).toEqual([])
  })

  test('says everything that does not fit, with its path', () => {
    const issues = paid.check({ amount: 3, items: [{ n: 1 }, { n: 'x' }] })
    expect(issues).toEqual([
      { path: 'amount', message: 'expected string, received number' },
      { path: 'items[1].n', message: 'expected number, received string' },
    ])
    expect(issues.map(formatIssue)).toEqual([
      'amount: expected string, received number',
      'items[1].n: expected number, received string',
    ])
  })

  test('tells of an upcaster that fails', () => {
    const broken = defineEvent({
      type: 'x',
      payload: z.object({}),
      upcast: [
        () => {
          throw new Error('no')
        },
      ],
    })
    expect(broken.check({}).map(formatIssue)).toEqual([
      expect.stringMatching(/an upcaster failed: Error: no/u),
    ])
  })
})

describe('upcasters', () => {
  test('run all, in order, on every shape, with the envelope as it is stored', () => {
    const seen: string[] = []
    const versions = defineEvent({
      type: 'now',
      formerly: ['then'],
      payload: z.object({ v: z.int() }),
      upcast: [
        (payload, meta) => {
          seen.push(`${meta.type} ${meta.created_at.toISOString()}`)
          return { v: 1, ...payload }
        },
        ({ v }) => ({ v: v === 1 ? 2 : v }),
      ],
    })
    const reader = new EventReader([versions])
    const meta = { service: 's', created_at: '2016-01-01T00:00:00Z', aggregate_id: 'a' }
    const id = '20ec0521-d127-4038-92ed-a4196c33705b'
    const stored = (type: string, payload: object) => ({
      ...newEvent({ id, meta: { ...meta, type }, payload }),
      position: 1n,
    })
    expect(reader.read(stored('then', {}))).toMatchObject({ meta: { type: 'now' }, payload: { v: 2 } })
    expect(reader.read(stored('now', { v: 5 }))).toMatchObject({ meta: { type: 'now' }, payload: { v: 5 } })
    expect(reader.read(stored('other', { v: 5 }))).toMatchObject({
      meta: { type: 'other' },
      payload: { v: 5 },
    })
    expect(seen).toEqual(['then 2016-01-01T00:00:00.000Z', 'now 2016-01-01T00:00:00.000Z'])
  })
})

describe('a definition that cannot be', () => {
  const schemas: [string, z.ZodType, RegExp][] = [
    ['transforms', z.object({ a: z.string().transform(Number) }), /transforms|pipes/u],
    ['coerces', z.object({ a: z.object({ b: z.coerce.date() }) }), /coerces at a\.b/u],
    ['has a default', z.object({ a: z.array(z.int().default(0)) }), /fills in a default at a\[\]/u],
    ['has a prefault', z.object({ a: z.string().prefault('x') }), /default/u],
    ['catches', z.object({ a: z.int().catch(0) }), /replaces what does not fit at a/u],
    ['pipes', z.object({ a: z.string().pipe(z.string()) }), /pipes at a/u],
    ['is a codec', z.object({ a: z.stringbool() }), /pipes at a/u],
    ['trims', z.object({ a: z.string().min(1).trim() }), /rewrites text at a/u],
    [
      'is so in a union',
      z.object({ a: z.union([z.int(), z.string().toLowerCase()]) }),
      /rewrites text at a/u,
    ],
    ['is so in a record', z.record(z.string(), z.coerce.number()), /coerces at \[\]/u],
    ['is so behind lazy', z.lazy(() => z.object({ a: z.coerce.string() })), /coerces at a/u],
    ['is preprocessed', z.preprocess((x) => x, z.object({})), /pipes/u],
    ['normalizes', z.object({ a: z.url({ normalize: true }) }), /normalizes at a/u],
  ]
  test.each(schemas)('because its schema %s', (_what, payload, message) => {
    expect(() => defineEvent({ type: 'x', payload })).toThrow(message)
    expect(() => defineEvent({ type: 'x', payload })).toThrow(
      expect.objectContaining({ code: 'DEMETRA_SCHEMA_CHANGES_VALUES', exitCode: 1 }),
    )
  })

  test('a schema that only checks is taken, recursive ones too', () => {
    interface Tree {
      children: Tree[]
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(tree) }))
    const payload = z.object({
      tree,
      mail: z.email().max(100).regex(/@/u),
      kind: z.enum(['a', 'b']).nullable(),
      either: z.discriminatedUnion('t', [z.object({ t: z.literal(1) }), z.object({ t: z.literal('2') })]),
      when: z.iso.datetime().optional().readonly(),
      rest: z.looseObject({}).refine((x) => Object.keys(x).length < 9),
    })
    expect(() => defineEvent({ type: 'x', payload })).not.toThrow()
  })

  test.each([
    [{ type: '', payload: z.object({}) }, /needs the type's name/u],
    [{ type: '*', payload: z.object({}) }, /needs the type's name/u],
    [{ type: 'x', payload: { a: z.string() } }, /needs a zod schema/u],
    [{ type: 'x', payload: z.object({}), formerly: 'y' }, /'formerly'.*list/u],
    [{ type: 'x', payload: z.object({}), formerly: ['x'] }, /other names/u],
    [{ type: 'x', payload: z.object({}), upcast: () => ({}) }, /'upcast'.*list/u],
    [{ type: 'x', payload: z.object({}), upcasts: [] }, /unknown option 'upcasts'/u],
  ])('in plain JavaScript: %o', (options, message) => {
    expect(() => defineEvent(options as never)).toThrow(message)
  })

  test('is told from other functions', () => {
    expect(isEventDefinition(paid)).toBe(true)
    for (const none of [() => 1, {}, null, 'paid']) expect(isEventDefinition(none)).toBe(false)
  })
})
