import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineEvent, defineProjection } from '../../src/index.ts'
import { count, counted, counting, noise } from './counting.ts'
import { Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

describe('a run', () => {
  test('fills the report, and the next one goes on from there', async () => {
    await work.append(count('a', 1), noise(), count('b', 2), count('a', 3))
    const first = await work.run(counting)
    expect(first).toMatchObject({
      name: 'report',
      generation: 1,
      from: 0n,
      events: 3,
      rowsWritten: 2,
      shown: 2,
    })
    expect(first).toMatchObject({ waiting: {}, stale: [], warnings: [], skipped: [] })
    expect(first.to).toBe(await work.eventStore.newestPosition())
    expect(await work.rows()).toEqual([
      { counter: 'a', sum: 4, trace: '1 3 ' },
      { counter: 'b', sum: 2, trace: '2 ' },
    ])
    await work.append(count('b', 5), count('c', 6))
    const second = await work.run(counting)
    expect(second).toMatchObject({ from: first.to, events: 2, rowsWritten: 2, shown: 3 })
    expect((await work.rows()).map(({ sum }) => sum)).toEqual([4, 7, 6])
  })

  test('with nothing to do writes nothing, and says how things stand', async () => {
    await work.append(count('a', 1))
    const first = await work.run(counting)
    const before = await work.reportStore.status('report')
    const readers = await work.eventStore.readers.list()
    const again = await work.run(counting)
    expect(again).toMatchObject({ from: first.to, to: first.to, events: 0, rowsWritten: 0, shown: 1 })
    expect(await work.reportStore.status('report')).toEqual(before)
    expect(await work.eventStore.readers.list()).toEqual(readers)
  })

  test('over an empty log makes an empty report', async () => {
    expect(await work.run(counting)).toMatchObject({ from: 0n, to: 0n, events: 0, shown: 0 })
    expect(await work.rows()).toEqual([])
    expect(await work.reportStore.status('report')).toMatchObject({ checkpoint: null })
    await work.append(count('a', 1))
    expect(await work.run(counting)).toMatchObject({ events: 1, stale: [] })
  })

  test('moves the checkpoint over events that it does not want', async () => {
    await work.append(count('a', 1))
    await work.run(counting)
    await work.append(noise(), noise())
    const result = await work.run(counting)
    expect(result).toMatchObject({ events: 0, to: await work.eventStore.newestPosition() })
    expect((await work.run(counting)).from).toBe(result.to)
  })

  test('tells the event store how far it reads', async () => {
    await work.append(count('a', 1))
    const { to } = await work.run(counting)
    expect(await work.eventStore.readers.list()).toMatchObject([
      { reportStore: work.reportStoreUrl, name: 'report', generation: 1, readTo: to },
    ])
  })

  test('runs the handler of the type first, then the general one; null deletes and later events begin anew', async () => {
    const added = defineEvent({ type: 'added', service: 's', payload: z.object({ n: z.int() }) })
    const removed = defineEvent({ type: 'removed', service: 's', payload: z.object({}) })
    const projection = defineProjection({
      version: 1,
      events: [added, removed],
      key: { id: z.string() },
      row: { log: z.array(z.string()).default([]) },
      at: (event) => ({ id: event.meta.aggregate_id }),
      when: {
        '*': (row, event) => void row.log.push(`* ${event.meta.type}`),
        added: (row, event) => void row.log.push(`added ${event.payload.n} to ${row.id}`),
        removed: () => null,
      },
    })
    const of = { aggregate_id: 'x', created_at: '2016-01-01T00:00:00Z' }
    await work.append(added({ ...of, payload: { n: 1 } }))
    await work.run(projection)
    expect(await work.rows()).toEqual([{ id: 'x', log: ['added 1 to x', '* added'] }])
    await work.append(removed({ ...of, payload: {} }))
    expect(await work.run(projection)).toMatchObject({ shown: 0 })
    await work.append(added({ ...of, payload: { n: 2 } }), removed({ ...of, payload: {} }))
    expect(await work.run(projection)).toMatchObject({ shown: 0, rowsWritten: 0 })
    await work.append(added({ ...of, payload: { n: 3 } }))
    expect(await work.run(projection)).toMatchObject({ shown: 1 })
    expect(await work.rows()).toEqual([{ id: 'x', log: ['added 3 to x', '* added'] }])
  })

  test('hides rows until every required column is set, and counts what they wait for', async () => {
    const set = defineEvent({
      type: 'set',
      service: 's',
      payload: z.object({
        a: z.string().optional(),
        b: z.int().nullable().optional(),
        gone: z.boolean().optional(),
      }),
    })
    const projection = defineProjection({
      version: 1,
      events: [set],
      key: { id: z.string() },
      row: { a: z.string(), b: z.int().nullable() },
      at: { set: (event) => ({ id: event.meta.aggregate_id }) },
      when: {
        set: (row, { payload }) => {
          if (payload.gone === true) return null
          if (payload.a !== undefined) row.a = payload.a
          if (payload.b !== undefined) row.b = payload.b
          return
        },
      },
      complete: (row) => row.a !== 'draft',
    })
    const event = (aggregate_id: string, payload: { a?: string; b?: number | null; gone?: boolean }) =>
      set({ aggregate_id, created_at: '2016-01-01T00:00:00Z', payload })
    await work.append(
      event('1', {}),
      event('2', { a: 'x' }),
      event('3', { b: null }),
      event('4', { a: 'draft', b: 1 }),
    )
    expect(await work.run(projection)).toMatchObject({ shown: 0, waiting: { a: 2, b: 2, '(complete)': 1 } })
    expect(await work.rows()).toEqual([])
    await work.append(event('1', { a: 'y', b: 2 }), event('2', { b: null }), event('3', { gone: true }))
    await work.append(event('4', { a: 'final' }))
    expect(await work.run(projection)).toMatchObject({ shown: 3, waiting: {} })
    expect(await work.rows()).toEqual([
      { id: '1', a: 'y', b: 2 },
      { id: '2', a: 'x', b: null },
      { id: '4', a: 'final', b: 1 },
    ])
  })

  test('touches several rows, or none, as `at` says, under keys of several columns', async () => {
    const projection = defineProjection({
      version: 1,
      events: [counted],
      key: { day: z.iso.date(), even: z.boolean(), n: z.int() },
      row: { events: z.int().default(0) },
      at: ({ payload, meta }) => {
        if (payload.by === 0) return null
        const day = meta.created_at.toISOString().slice(0, 10)
        const keys = [1, payload.by].map((n) => ({ day, even: n % 2 === 0, n }))
        return keys
      },
      when: { '*': (row) => void (row.events += 1) },
    })
    await work.append(count('a', 2), count('a', 0), count('b', 1))
    await work.run(projection)
    expect(await work.rows()).toEqual([
      // named twice by one event, touched once
      { day: '2016-01-01', even: false, n: 1, events: 2 },
      { day: '2016-01-01', even: true, n: 2, events: 1 },
    ])
  })

  test('begins each row with defaults of its own', async () => {
    const projection = defineProjection({
      version: 1,
      events: [counted],
      key: { counter: z.string() },
      row: { seen: z.object({ by: z.object({ all: z.array(z.int()) }) }).default({ by: { all: [] } }) },
      at: (event) => ({ counter: event.meta.aggregate_id }),
      when: { counted: (row, { payload }) => void row.seen.by.all.push(payload.by) },
    })
    await work.append(count('a', 1), count('b', 2))
    await work.run(projection)
    expect((await work.rows()).map(({ seen }) => seen)).toEqual([{ by: { all: [1] } }, { by: { all: [2] } }])
  })

  test('reads old names and old shapes through the upcasters, big integers as bigint', async () => {
    const paid = defineEvent({
      type: 'paid',
      service: 's',
      formerly: ['payed'],
      payload: z.object({ cents: z.union([z.int(), z.bigint()]) }),
      upcast: [({ euros, ...rest }) => (typeof euros === 'number' ? { ...rest, cents: euros * 100 } : rest)],
    })
    const projection = defineProjection({
      version: 1,
      events: [paid],
      key: { id: z.string() },
      row: { cents: z.bigint(), types: z.string().default('') },
      at: (event) => ({ id: event.meta.aggregate_id }),
      when: {
        paid: (row, event) => {
          row.cents = (row.cents ?? 0n) + BigInt(event.payload.cents)
          row.types += `${event.meta.type} `
        },
      },
    })
    const meta = { service: 's', created_at: '2016-01-01T00:00:00Z', aggregate_id: 'x' }
    const ids = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`)
    await work.append(
      { id: ids[0] ?? '', meta: { ...meta, type: 'payed' }, payload: { euros: 2 } },
      { id: ids[1] ?? '', meta: { ...meta, type: 'paid' }, payload: { cents: 5 } },
    )
    const { newEvent } = await import('./workspace.ts')
    const big = newEvent({ id: ids[2] ?? '', meta: { ...meta, type: 'paid' }, payload: {} })
    await work.eventStore.append([{ ...big, payload: '{"cents":9007199254740993}' }])
    await work.run(projection)
    expect(await work.rows()).toEqual([{ id: 'x', cents: 9007199254741198n, types: 'paid paid paid ' }])
  })

  test('applies the definitions under events/ where it names types or reads all', async () => {
    const renamed = defineEvent({
      type: 'started',
      service: 's',
      formerly: ['begun'],
      payload: z.object({ by: z.string() }),
      upcast: [(payload) => ({ by: 'nobody', ...payload })],
    })
    const options = {
      version: 1,
      key: { type: z.string() },
      row: { by: z.string() },
      at: { '*': (event: { meta: { type: string } }) => ({ type: event.meta.type }) },
    }
    const all = defineProjection({
      ...options,
      events: ['*'],
      when: { '*': (row, event) => void (row.by = String(event.payload['by'])) },
    })
    const named = defineProjection({
      ...options,
      events: ['started'],
      when: { started: (row, event) => void (row.by = String(event.payload['by'])) },
    })
    const old = defineProjection({
      ...options,
      events: ['begun'],
      when: { begun: (row) => void (row.by = 'x') },
    })
    const meta = { type: 'begun', service: 's', created_at: '2016-01-01T00:00:00Z', aggregate_id: 'x' }
    await work.append({ id: '00000000-0000-4000-8000-000000000001', meta, payload: {} })
    for (const [name, definition] of Object.entries({ all, named })) {
      await work.run(definition, { name, eventTypes: [renamed] })
      expect(await work.rows(name)).toEqual([{ type: 'started', by: 'nobody' }])
    }
    const outdated = work.run(old, { name: 'old', eventTypes: [renamed] })
    await expect(outdated).rejects.toThrow(/'begun' is called 'started' now/u)
  })

  test('refuses a report of another event store', async () => {
    await work.append(count('a', 1))
    await work.run(counting)
    const elsewhere = await Workspace.open()
    try {
      const mixed = work.run(counting, { eventStore: elsewhere.eventStore })
      await expect(mixed).rejects.toMatchObject({ code: 'DEMETRA_REPORT_OF_OTHER_STORE' })
    } finally {
      await elsewhere.close()
    }
  })

  test('tells how far it is, batch by batch', async () => {
    await work.append(...[1, 2, 3, 4, 5].map((n) => count('a', n)))
    const seen: number[] = []
    let last = { position: -1n, target: 0n }
    const onProgress = (progress: { events: number; position: bigint; target: bigint }) => {
      expect(progress.position).toBeGreaterThanOrEqual(last.position)
      seen.push(progress.events)
      last = progress
    }
    await work.run(counting, { batchEvents: 2, onProgress })
    expect(seen).toEqual([2, 4, 5])
    expect(last.position).toBe(last.target)
  })
})
