import * as fc from 'fast-check'
import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineEvent, defineProjection } from '../../src/index.ts'
import { testProjection } from '../../src/testing.ts'
import { Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

const changed = defineEvent({
  type: 'changed',
  service: 's',
  payload: z.object({
    text: z.string().optional(),
    at: z.number().optional(),
    big: z.union([z.int(), z.bigint()]).optional(),
    tags: z.array(z.string()).optional(),
    drop: z.boolean().optional(),
  }),
})

/** Everything that could differ between a row in memory and one that was stored and loaded. */
const projection = defineProjection({
  version: 1,
  events: [changed],
  key: { id: z.string() },
  row: {
    needed: z.string(),
    note: z.string().nullable(),
    at: z.date().optional(),
    big: z.bigint().optional(),
    tags: z.array(z.string()).default([]),
    seen: z.int().default(0),
    first: z.boolean().optional(),
  },
  at: ({ meta }) => [{ id: meta.aggregate_id }, { id: 'all' }],
  when: {
    changed: (row, { payload }) => {
      if (payload.drop === true) return null
      row.first = row.first === undefined
      row.seen += 1
      if (payload.text !== undefined) {
        row.note = row.needed ?? null
        row.needed = payload.text
      }
      if (payload.at !== undefined) row.at = new Date((row.at?.getTime() ?? 0) + payload.at)
      if (payload.big !== undefined) row.big = BigInt(payload.big)
      row.tags.push(...(payload.tags ?? []))
      return
    },
  },
})

const events = fc.array(
  fc.record({
    aggregate_id: fc.constantFrom('a', 'b', 'c'),
    payload: fc.record(
      {
        text: fc.string(),
        at: fc.integer({ min: -1e6, max: 1e6 }),
        big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => n),
        tags: fc.array(fc.string(), { maxLength: 2 }),
        drop: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
  }),
  { maxLength: 30 },
)

describe('batches', () => {
  test('of any size, in any number of runs, give the report that the test kit gives', async () => {
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 30 }),
        async (given, size, cut) => {
          round += 1
          const world = await Workspace.open()
          try {
            const made = given.map(({ aggregate_id, payload }) => {
              const small = payload.big === undefined ? {} : { big: Number(BigInt.asIntN(50, payload.big)) }
              return changed({
                aggregate_id,
                created_at: '2016-01-01T00:00:00Z',
                payload: { ...payload, ...small },
              })
            })
            await world.append(...made.slice(0, cut))
            await world.run(projection, { batchEvents: size })
            await world.append(...made.slice(cut))
            const result = await world.run(projection, { batchEvents: size })
            const expected = testProjection(projection, made)
            const rows = (await world.rows()).map((row) =>
              Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)),
            )
            expect(rows).toEqual(expected.rows)
            expect({ shown: result.shown, waiting: result.waiting }).toEqual({
              shown: expected.rows.length,
              waiting: expected.waiting,
            })
          } finally {
            await world.close()
          }
        },
      ),
      { numRuns: 40 },
    )
    expect(round).toBeGreaterThan(39)
  })
})
