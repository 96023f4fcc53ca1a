import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DemetraError } from '../../src/errors.ts'
import { defineProjection } from '../../src/index.ts'
import type { Projection } from '../../src/projection/projection.ts'
import { count, counted, counting } from './counting.ts'
import { Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

async function failure(run: Promise<unknown>): Promise<DemetraError> {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof DemetraError) return error
  throw new Error(`expected a DemetraError, got ${String(error)}`)
}

/** Counting, with another handler or `at`. */
function variant(more: object): Projection {
  const options = {
    version: 1,
    events: [counted],
    key: { counter: z.string() },
    row: { sum: z.int().default(0) },
  }
  const at = (event: { meta: { aggregate_id: string } }) => ({ counter: event.meta.aggregate_id })
  return defineProjection({ ...options, at, when: { counted: () => undefined }, ...more })
}

describe('a handler that throws', () => {
  test.each([1, 2, 5000])(
    'stops before its event; all before it is in the report (batches of %i)',
    async (batchEvents) => {
      const bad = count('a', 3, true)
      await work.append(count('a', 1), count('b', 2), bad, count('a', 4))
      const error = await failure(work.run(counting, { batchEvents }))
      expect(error).toMatchObject({ code: 'DEMETRA_PROJECTION_FAILED', exitCode: 1 })
      expect(error.message).toContain('this one cannot be counted')
      expect(error.context).toMatchObject({ projection: 'report', event: bad.id, type: 'counted' })
      expect(error.message).toContain(bad.id)
      expect(error.message).toContain(String(error.context['position']))
      // the user's own frames and no others
      expect(error.message).toContain('counting.ts')
      expect(error.message).not.toMatch(/src\/projection|failures\.test/u)
      expect(error.hints.join()).toContain(`demetra projection report --skip ${bad.id}`)
      expect(await work.rows()).toEqual([
        { counter: 'a', sum: 1, trace: '1 ' },
        { counter: 'b', sum: 2, trace: '2 ' },
      ])
      // and again the same, with nothing lost or doubled
      expect((await failure(work.run(counting))).message).toBe(error.message)
      expect((await work.rows()).map(({ sum }) => sum)).toEqual([1, 2])
    },
  )

  test.each([1, 2, 5000])(
    'is stepped over by --skip, which the report remembers (batches of %i)',
    async (batchEvents) => {
      const bad = count('a', 3, true)
      const worse = count('a', 9, true)
      await work.append(count('a', 1), bad, count('a', 4), worse, count('b', 5))
      await failure(work.run(counting, { batchEvents }))
      const next = await failure(work.run(counting, { batchEvents, skip: bad.id.toUpperCase() }))
      expect(next.context['event']).toBe(worse.id)
      expect((await work.reportStore.status('report'))?.skipped.map(({ id }) => id)).toEqual([bad.id])
      const done = await work.run(counting, { batchEvents, skip: worse.id })
      expect(done.skipped.map(({ id, type }) => `${type} ${id}`)).toEqual([
        `counted ${bad.id}`,
        `counted ${worse.id}`,
      ])
      expect(done.stale).toMatchObject([{ cause: 'skipped-event' }])
      expect(done.warnings.join()).toMatch(/stale.*demetra replay report/u)
      expect(await work.rows()).toEqual([
        { counter: 'a', sum: 5, trace: '1 4 ' },
        { counter: 'b', sum: 5, trace: '5 ' },
      ])
      expect((await work.run(counting)).stale).toHaveLength(1)
    },
  )

  test('--skip of an event that is not met says so', async () => {
    const good = count('a', 1)
    await work.append(good)
    await work.run(counting)
    const result = await work.run(counting, { skip: good.id })
    expect(result.skipped).toEqual([])
    expect(result.warnings.join()).toContain('was not met')
    await expect(work.run(counting, { skip: 'x' })).rejects.toMatchObject({ exitCode: 2 })
  })

  test('an upcaster, `at`, `complete` and a promise fail like a handler', async () => {
    const cases: [Projection, RegExp][] = [
      [
        variant({
          at: () => {
            throw new Error('no key')
          },
        }),
        /'at' failed: no key/u,
      ],
      [variant({ at: async () => ({ counter: 'x' }) }), /'at' returned a promise/u],
      [variant({ at: () => ({ countr: 'x' }) }), /'counter' does not fit: it is not set/u],
      [
        variant({ at: () => ({ counter: 'x', countr: 'x' }) }),
        /'countr', which is not of the key \(did you mean "counter"\?\)/u,
      ],
      [variant({ at: () => ({ counter: 7 }) }), /'counter' does not fit: expected string/u],
      [variant({ at: () => 'x' }), /'at' returned x, expected the key/u],
      [variant({ when: { counted: async () => undefined } }), /returned a promise; it must be synchronous/u],
      [
        variant({
          complete: () => {
            throw new Error('half')
          },
        }),
        /'complete' failed: half/u,
      ],
      [
        variant({ when: { counted: (row: Record<string, unknown>) => void (row['summ'] = 1) } }),
        /no column 'summ' \(did you mean "sum"\?\)/u,
      ],
      [
        variant({ when: { counted: (row: Record<string, unknown>) => void (row['counter'] = 1) } }),
        /'counter' is of the row's key/u,
      ],
      [
        variant({ when: { counted: (row: Record<string, unknown>) => void (row['sum'] = 'x') } }),
        /the row counter=a does not fit: the column 'sum': expected number, received string/u,
      ],
      [
        variant({ when: { counted: (row: Record<string, unknown>) => void (row['sum'] = 0.5) } }),
        /column 'sum': .*int/u,
      ],
      [
        variant({ when: { counted: (row: Record<string, unknown>) => void (row['sum'] = undefined) } }),
        /'sum' was unset/u,
      ],
      [
        variant({
          when: {
            counted: () => {
              throw 'text'
            },
          },
        }),
        /it threw text/u,
      ],
    ]
    const event = count('a', 1)
    await work.append(event)
    for (const [i, [projection, message]] of cases.entries()) {
      const name = `p${i}`
      const error = await failure(work.run(projection, { name }))
      expect(error.message).toMatch(message)
      expect(error.context['event']).toBe(event.id)
      expect(await work.reportStore.status(name)).toMatchObject({ checkpoint: null })
    }
  })

  test('leaves the lease to the next run', async () => {
    await work.append(count('a', 1, true))
    await failure(work.run(counting))
    expect((await work.reportStore.status('report'))?.heldBy).toBeNull()
  })
})

describe('a projection that has changed', () => {
  test('in version is refused with the way on', async () => {
    await work.append(count('a', 1))
    await work.run(counting)
    const error = await failure(work.run({ ...counting, version: 2 }))
    expect(error).toMatchObject({ code: 'DEMETRA_PROJECTION_VERSION_CHANGED', exitCode: 1 })
    expect(error.hints.join()).toContain('demetra replay report')
  })

  test('in shape under the same version is refused with what has changed', async () => {
    await work.append(count('a', 1))
    await work.run(variant({}))
    const changes: [object, RegExp][] = [
      [{ row: { sum: z.int() } }, /'sum' was optional integer from 0 and is required integer/u],
      [
        { row: { sum: z.int().default(1) } },
        /'sum' was optional integer from 0 and is optional integer from 1/u,
      ],
      [{ row: { sum: z.int().default(0), more: z.string().optional() } }, /'more' is new/u],
      [{ row: {} }, /'sum' is gone/u],
      [{ key: { counter: z.int() } }, /'counter' was key text and is key integer/u],
    ]
    for (const [change, message] of changes) {
      const error = await failure(work.run(variant(change)))
      expect(error).toMatchObject({ code: 'DEMETRA_PROJECTION_SHAPE_CHANGED', exitCode: 1 })
      expect(error.message).toMatch(message)
      expect(error.hints.join()).toContain('Raise `version` in the projection to 2')
    }
    expect(await work.run(variant({}))).toMatchObject({ shown: 1 })
  })
})
