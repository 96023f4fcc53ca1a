import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DemetraError } from '../../src/errors.ts'
import { defineProjection } from '../../src/index.ts'
import { runReplay, type ReplayOptions, type ReplayResult } from '../../src/projection/replay.ts'
import type { Projection } from '../../src/projection/projection.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { count, counted, counting } from './counting.ts'
import { logOf, Workspace } from './workspace.ts'

let workspace: Workspace
beforeEach(async () => {
  workspace = await Workspace.open()
})
afterEach(() => workspace.close())

const replay = (definition: Projection, more: Partial<ReplayOptions> = {}): Promise<ReplayResult> =>
  runReplay({
    name: 'report',
    definition,
    eventStore: workspace.eventStore,
    reportStore: workspace.reportStore,
    ...more,
  })

/** A report store of which one thing is done in another way. */
const storeBut = (instead: Partial<ReportStore>): ReportStore =>
  new Proxy(workspace.reportStore, {
    get(target, name) {
      const own = (instead as Record<PropertyKey, unknown>)[name]
      const value = own ?? (Reflect.get(target, name) as unknown)
      return typeof value === 'function' && own === undefined ? value.bind(target) : value
    },
  })

/** Counts twice as much: what a mended projection may do. */
const doubled = defineProjection({
  version: 2,
  events: [counted],
  key: { counter: z.string() },
  row: { sum: z.int().default(0), half: z.int().optional() },
  hide: ['half'],
  indexes: ['sum'],
  at: (event) => ({ counter: event.meta.aggregate_id }),
  when: {
    counted: (row, event) => {
      row.half = event.payload.by
      row.sum += 2 * event.payload.by
    },
  },
})

describe('a replay', () => {
  test('fills the next generation from zero and switches; the next projection run goes on from there', async () => {
    await workspace.append(count('a', 1), count('b', 2), count('a', 3))
    await workspace.run(counting)
    await expect(workspace.run(doubled)).rejects.toMatchObject({ code: 'DEMETRA_PROJECTION_VERSION_CHANGED' })
    expect(await replay(doubled)).toMatchObject({
      generation: 2,
      before: 1,
      switched: true,
      events: 3,
      shown: 2,
      stale: [],
    })
    expect(await workspace.rows()).toEqual([
      { counter: 'a', sum: 8 },
      { counter: 'b', sum: 4 },
    ])
    await workspace.append(count('a', 5))
    expect(await workspace.run(doubled)).toMatchObject({ generation: 2, events: 1 })
    expect(await workspace.rows()).toEqual([
      { counter: 'a', sum: 18 },
      { counter: 'b', sum: 4 },
    ])
  })

  test('makes the report where there was none', async () => {
    await workspace.append(count('a', 1))
    expect(await replay(counting)).toMatchObject({ generation: 1, before: null, switched: true })
    expect(await workspace.rows()).toMatchObject([{ counter: 'a', sum: 1 }])
  })

  test('gives the same report as the runs, whatever goes to the database in between', async () => {
    const events = Array.from({ length: 500 }, (_, n) => count(`counter ${n % 37}`, n % 11))
    await workspace.append(...events)
    await workspace.run(counting, { batchEvents: 7 })
    const expected = await workspace.rows()
    for (const [batchEvents, maxRows] of [
      [1, 3],
      [7, 5],
      [5000, 10],
      [5000, 1000],
    ] as const) {
      await replay(counting, { batchEvents, maxRows })
      expect(await workspace.rows()).toEqual(expected)
    }
  })

  test('keeps no more rows than it may: all leave memory together, and are read when they come back', async () => {
    await workspace.append(...Array.from({ length: 200 }, (_, n) => count(`counter ${n % 40}`, 1)))
    const written: number[] = []
    let loaded = 0
    const reportStore = storeBut({
      load: async (of, keys, part) => {
        loaded += keys.length
        return workspace.reportStore.load(of, keys, part)
      },
      commit: async (commit) => {
        written.push(commit.rows.length)
        return workspace.reportStore.commit(commit)
      },
    })
    await replay(counting, { reportStore, batchEvents: 1, maxRows: 9 })
    expect(Math.max(...written)).toBe(10)
    // the first ten are known to be new
    expect(loaded).toBe(190)
    const rows = await workspace.rows()
    expect(rows.map(({ sum }) => sum)).toEqual(Array.from({ length: 40 }, () => 5))
  })

  test('reads what a projection run on the old generation sees come in, and the run moves over', async () => {
    await workspace.append(count('a', 1))
    await workspace.run(counting)
    await workspace.append(count('a', 2))
    let isSwitched = false
    // the run looks at its generation before the slice that it was about to read
    const reportStore = storeBut({
      acquire: async (of, owner, ttlMs, isGone) => {
        const lease = await workspace.reportStore.acquire(of, owner, ttlMs, isGone)
        if (!isSwitched) {
          isSwitched = true
          await replay(counting)
          await workspace.append(count('a', 4))
        }
        return lease
      },
    })
    expect(await workspace.run(counting, { reportStore })).toMatchObject({ generation: 2 })
    expect(await workspace.rows()).toMatchObject([{ counter: 'a', sum: 7 }])
  })

  test('with --diff tells rows added, removed and changed by column, and leaves nothing behind', async () => {
    const some = defineProjection({
      version: 1,
      events: [counted],
      key: { counter: z.string() },
      row: { sum: z.int().default(0), trace: z.string().default('') },
      at: (event) => (event.meta.aggregate_id === 'a' ? null : { counter: event.meta.aggregate_id }),
      when: {
        counted: (row, event) => {
          row.sum += event.payload.by === 3 ? 30 : event.payload.by
          row.trace += `${event.payload.by} `
          return event.payload.by === 9 ? null : undefined
        },
      },
    })
    await workspace.append(count('a', 1), count('b', 2), count('c', 3), count('d', 4))
    await workspace.run(counting)
    await workspace.append(count('d', 9))
    const { diff, switched } = await replay(some, { diff: true })
    expect(switched).toBe(false)
    expect(diff).toMatchObject({
      added: 0,
      removed: 2,
      changed: 1,
      same: 1,
      changedColumns: { sum: 1 },
      samples: [
        { kind: 'changed', key: { counter: 'c' }, columns: { sum: { before: 3, after: 30 } } },
        { kind: 'removed', key: { counter: 'a' } },
        { kind: 'removed', key: { counter: 'd' } },
      ],
    })
    expect((await workspace.reportStore.generations('report')).map(({ generation }) => generation)).toEqual([
      1,
    ])
    expect((await workspace.rows()).length).toBe(4)
  })

  test('that fails or is interrupted leaves the report as it was, and the next one begins anew', async () => {
    await workspace.append(count('a', 1), count('b', 2))
    await workspace.run(counting)
    await workspace.append(count('c', 3, true))
    // at once, and with rows that have left memory
    for (const maxRows of [100, 1]) {
      const failure = await replay(counting, { maxRows, batchEvents: 2 }).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'DEMETRA_PROJECTION_FAILED' })
      const hints = (failure as DemetraError).hints.join('\n')
      expect(hints).toContain('`demetra replay report` again; the report is as it was before')
      expect(hints).not.toContain('demetra projection')
    }
    const signal = AbortSignal.abort()
    await expect(replay(counting, { signal })).rejects.toMatchObject({ exitCode: 130 })
    expect((await workspace.rows()).length).toBe(2)
    expect((await workspace.reportStore.generations('report')).length).toBe(1)
    expect(await replay(doubled)).toMatchObject({ switched: true, shown: 3 })
  })

  test('beside another replay is refused, and begins once its process is gone', async () => {
    await workspace.append(count('a', 1))
    await workspace.run(counting)
    let second: Promise<unknown> | null = null
    const reportStore = storeBut({
      switchTo: async (of, token) => {
        second = replay(counting, { owner: 'another' })
        await second.catch(() => undefined)
        return workspace.reportStore.switchTo(of, token)
      },
    })
    expect(await replay(counting, { reportStore, owner: 'one' })).toMatchObject({ switched: true })
    await expect(second).rejects.toMatchObject({ code: 'DEMETRA_REPLAY_RUNNING', exitCode: 11 })
  })

  test('steps over what the report in use has stepped over, where it is told to', async () => {
    const bad = count('b', 2, true)
    await workspace.append(count('a', 1), bad, count('c', 3))
    await workspace.run(counting, { skip: bad.id })
    await expect(replay(counting)).rejects.toMatchObject({ code: 'DEMETRA_PROJECTION_FAILED' })
    const result = await replay(counting, { keepSkips: true })
    expect(result.skipped).toMatchObject([{ id: bad.id }])
    expect(result.stale).toMatchObject([{ cause: 'skipped-event' }])
    expect((await workspace.rows()).length).toBe(2)
  })

  test('is known to the event store as a reader while it runs, and the generation before is forgotten', async () => {
    await workspace.append(count('a', 1))
    await workspace.run(counting)
    await replay(counting)
    expect((await workspace.eventStore.readers.list()).map(({ generation }) => generation)).toEqual([2])
  })

  test('has switched, even where the event store is away right after it', async () => {
    await workspace.append(count('a', 1))
    await workspace.run(counting)
    const { eventStore: store } = workspace
    const drop = () => Promise.reject(new Error('the event store is away'))
    const eventStore = logOf(store, { readers: { ...store.readers, drop } })
    expect(await replay(counting, { eventStore })).toMatchObject({ switched: true, generation: 2 })
    // the next one tidies up
    await replay(counting)
    expect((await store.readers.list()).map(({ generation }) => generation)).toEqual([3])
  })

  test('mends a report that is stale', async () => {
    await workspace.append(count('a', 1))
    await workspace.run(counting)
    const { number } = await workspace.eventStore.backfills.begin(
      '00000000-0000-4000-8000-000000000001',
      60_000,
    )
    const { newEvent } = await import('./workspace.ts')
    await workspace.eventStore.append([newEvent(count('b', 2), 5n)], {
      backfill: { number, staleReports: true },
    })
    await workspace.eventStore.backfills.end(number)
    expect((await workspace.run(counting)).stale).toMatchObject([{ cause: 'backfill' }])
    expect((await replay(counting)).stale).toEqual([])
    expect((await workspace.rows()).length).toBe(2)
    expect((await workspace.run(counting)).stale).toEqual([])
  })
})
