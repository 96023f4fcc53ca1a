import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import type { EventStore, ReadOptions } from '../../src/event-store/event-store.ts'
import { defineEvent, defineProjection } from '../../src/index.ts'
import { nearGroups } from '../../src/projection/near-groups.ts'
import { needsEventTypes } from '../../src/projection/projection.ts'
import { runReplays } from '../../src/projection/replay.ts'
import { runProjection, runProjections } from '../../src/projection/run.ts'
import type { RunLog, ProjectionToRun, SharedRunOptions } from '../../src/projection/run-types.ts'
import type { ReportStore } from '../../src/report-store/report-store.ts'
import { count, counting, noise } from './counting.ts'
import { REPORTS } from './reports/all.ts'
import { ALL } from './reports/events.ts'
import { makeLog } from './reports/log.ts'
import { plainFold, wholeReport } from './whole-report.ts'
import { logOf, newEvent, Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

const EIGHT: ProjectionToRun[] = Object.entries(REPORTS).map(([name, { definition }]) => ({
  name,
  definition,
  eventTypes: needsEventTypes(definition) ? ALL : [],
}))
const THREE: ProjectionToRun[] = ['a', 'b', 'c'].map((name) => ({ name, definition: counting }))

/** The real store, with what is read of it; one event, to choose the slices by, is looked for besides. */
function counted(store: EventStore): { log: RunLog; reads: ReadOptions[]; given: () => number } {
  const reads: ReadOptions[] = []
  let events = 0
  async function* read(options: ReadOptions = {}): ReturnType<typeof store.read> {
    const isLook = options.batchEvents === 1
    if (!isLook) reads.push(options)
    for await (const batch of store.read(options)) {
      if (!isLook) events += batch.length
      yield batch
    }
  }
  return { log: logOf(store, { read }), reads, given: () => events }
}

const run = (projections: readonly ProjectionToRun[], more: Partial<SharedRunOptions> = {}) =>
  runProjections(projections, { eventStore: work.eventStore, reportStore: work.reportStore, ...more })
const replay = (
  projections: readonly ProjectionToRun[],
  more: Parameters<typeof runReplays>[1] | object = {},
) => runReplays(projections, { eventStore: work.eventStore, reportStore: work.reportStore, ...more })

const sums = async (...names: string[]): Promise<unknown[]> =>
  Promise.all(names.map(async (name) => (await work.rows(name)).map((row) => row['sum'])))
const values = <Result>(outcomes: readonly PromiseSettledResult<Result>[]): unknown[] =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason))

async function expectEqual(projection: ProjectionToRun, reportStore: ReportStore): Promise<void> {
  const { name, definition, eventTypes = [] } = projection
  const plain = await plainFold(definition, eventTypes, work.eventStore)
  expect(plain.rows.length).toBeGreaterThan(3)
  expect(await wholeReport(reportStore, name, plain)).toEqual(plain)
}

describe('eight reports in one pass', () => {
  const events = makeLog(20_160_225, 60)

  test.each([7, 5000])(
    'equal those that are run one by one, each event read once (batches of %i)',
    async (batchEvents) => {
      await work.append(...events)
      const oneByOne = await work.openReportStore('one-by-one.db')
      const alone = counted(work.eventStore)
      for (const projection of EIGHT) {
        const { log: eventStore } = alone
        await runProjection({ ...projection, eventStore, reportStore: oneByOne, batchEvents })
      }
      const { log: eventStore, reads, given } = counted(work.eventStore)
      const results = values(await run(EIGHT, { eventStore, batchEvents }))
      // one slice, for the log is of one moment
      expect({ reads: reads.length, given: given() }).toEqual({ reads: 1, given: events.length })
      expect(alone.reads.length).toBe(8)
      for (const [i, projection] of EIGHT.entries()) {
        const { name } = projection
        const [{ updatedAt: _, ...one }, { updatedAt: __, ...other }] = [
          (await work.reportStore.status(name)) ?? { updatedAt: 0 },
          (await oneByOne.status(name)) ?? { updatedAt: 0 },
        ]
        expect(one).toEqual(other)
        expect(await work.rows(name)).toEqual(await work.rows(name, oneByOne))
        expect(results[i]).toMatchObject({ name, stale: [], warnings: [] })
        await expectEqual(projection, work.reportStore)
      }
    },
  )

  test.each([undefined, 20])('are replayed likewise (%s rows in memory)', async (maxRows) => {
    await work.append(...events)
    await run(EIGHT)
    const { log: eventStore, reads, given } = counted(work.eventStore)
    const limit = maxRows === undefined ? {} : { maxRows, batchEvents: 50 }
    const results = values(await replay(EIGHT, { eventStore, ...limit }))
    expect({ reads: reads.length, given: given() }).toEqual({ reads: 1, given: events.length })
    for (const [i, projection] of EIGHT.entries()) {
      expect(results[i]).toMatchObject({ name: projection.name, generation: 2, before: 1, switched: true })
      await expectEqual(projection, work.reportStore)
    }
  })

  test('read no type that none of them wants', async () => {
    await work.append(count('x', 1), noise())
    const { log: eventStore, reads, given } = counted(work.eventStore)
    await run(THREE, { eventStore })
    expect(reads.map(({ types }) => types)).toEqual([['counted']])
    expect(given()).toBe(1)
  })
})

describe('one of several', () => {
  const failing = defineProjection({
    version: 1,
    events: ['counted'],
    key: { counter: z.string() },
    row: { sum: z.int().default(0) },
    at: (event) => ({ counter: event.meta.aggregate_id }),
    when: {
      counted: (row, event) => {
        row.sum += event.payload['by'] as number
        if (row.sum > 3) throw new Error('too much')
      },
    },
  })
  const withFailing: ProjectionToRun[] = THREE.map((one) =>
    one.name === 'b' ? { ...one, definition: failing } : one,
  )

  test.each([1, 5000])(
    'that fails stops alone, with all before its event (batches of %i)',
    async (batchEvents) => {
      await work.append(...[1, 2, 3, 4].map((by) => count('x', by)))
      const [a, b, c] = await run(withFailing, { batchEvents })
      expect([a?.status, b?.status, c?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(values([b as PromiseSettledResult<unknown>])[0]).toMatchObject({
        code: 'DEMETRA_PROJECTION_FAILED',
        context: { projection: 'b' },
      })
      expect(await sums('a', 'b', 'c')).toEqual([[10], [3], [10]])
      expect((await work.reportStore.list()).map(({ heldBy }) => heldBy)).toEqual([null, null, null])
    },
  )

  test('that fails its replay leaves its report as it was; the others switch', async () => {
    await work.append(count('x', 1))
    await run(withFailing)
    await work.append(count('x', 9))
    const [a, b, c] = await replay(withFailing)
    expect(values([a, c] as PromiseSettledResult<unknown>[])).toMatchObject([
      { switched: true, generation: 2 },
      { switched: true, generation: 2 },
    ])
    expect(values([b as PromiseSettledResult<unknown>])[0]).toMatchObject({
      code: 'DEMETRA_PROJECTION_FAILED',
    })
    expect(await sums('a', 'b', 'c')).toEqual([[10], [1], [10]])
    expect((await work.reportStore.generations('b')).map(({ generation }) => generation)).toEqual([1])
    expect((await work.eventStore.readers.list()).map(({ generation }) => generation)).toEqual([2, 1, 2])
  })

  test('that another run holds is left out and told; with `wait` it is run once it is free', async () => {
    await work.append(count('x', 1))
    await run(THREE)
    await work.append(count('x', 2))
    const of = { name: 'b', generation: 1 }
    const lease = await work.reportStore.acquire(of, 'another', 60_000)
    if (!lease.granted) throw new Error('it is free')
    const results = values(await run(THREE))
    expect(results).toMatchObject([{ events: 1 }, { events: 0, heldBy: { owner: 'another' } }, { events: 1 }])
    expect(await sums('a', 'b', 'c')).toEqual([[3], [1], [3]])
    await work.append(count('x', 4))
    // the others do not wait for it
    const onProgress = (): void => void work.reportStore.release(of, lease.token)
    expect(values(await run(THREE, { wait: true, onProgress }))).toMatchObject([
      { events: 1 },
      { events: 2 },
      { events: 1 },
    ])
    expect(await sums('a', 'b', 'c')).toEqual([[7], [7], [7]])
  })

  test('whose lease is lost on the way commits nothing more; the others go on', async () => {
    await work.append(...[1, 2, 4, 8].map((by) => count(by < 4 ? 'x' : 'y', by)))
    let isRobbed = false
    const onProgress = (): void => {
      if (isRobbed) return
      isRobbed = true
      void work.reportStore.acquire({ name: 'b', generation: 1 }, 'a thief', 60_000, () => true)
    }
    expect(values(await run(THREE, { batchEvents: 2, onProgress }))).toMatchObject([
      { events: 4 },
      // what it did not commit is not told
      { events: 2, shown: 1, heldBy: { owner: 'a thief' } },
      { events: 4, shown: 2 },
    ])
    expect(await sums('a', 'b', 'c')).toEqual([[3, 12], [3], [3, 12]])
  })

  test('may do with its events what it likes: no other sees it', async () => {
    const listed = defineEvent({
      type: 'listed',
      service: 'test',
      payload: z.object({ names: z.array(z.string()), of: z.object({ depth: z.int() }) }),
    })
    const rows = {
      names: z.array(z.string()).default([]),
      depth: z.int().default(0),
      at: z.date().optional(),
    }
    const define = (isWild: boolean) =>
      defineProjection({
        version: 1,
        events: [listed],
        key: { list: z.string() },
        row: rows,
        at: (event) => ({ list: event.meta.aggregate_id }),
        when: {
          listed: (row, { payload, meta }) => {
            if (isWild) {
              payload.names.unshift(payload.names.pop() ?? '')
              payload.names.push('more')
              payload.of.depth += 1
              meta.created_at.setUTCHours(0)
            }
            row.names = row.names.length === 0 ? payload.names : (row.names.push(...payload.names), row.names)
            row.depth = payload.of.depth
            row.at = meta.created_at
          },
        },
      })
    const at = { aggregate_id: 'l', created_at: '2016-01-01T12:00:00Z' }
    await work.append(
      listed({ ...at, payload: { names: ['a', 'b'], of: { depth: 1 } } }),
      listed({ ...at, payload: { names: ['c', 'd'], of: { depth: 5 } } }),
    )
    const projections = [true, false, true, false].map((isWild, i) => ({
      name: `p${i}`,
      definition: define(isWild),
    }))
    await run(projections)
    await replay(projections)
    const wild = { list: 'l', names: ['b', 'a', 'more', 'd', 'c', 'more'], depth: 6 }
    const tame = { list: 'l', names: ['a', 'b', 'c', 'd'], depth: 5 }
    const found = await Promise.all(projections.map(({ name }) => work.rows(name)))
    expect(found.flat()).toMatchObject([wild, tame, wild, tame])
    expect(found.flat().map((row) => (row['at'] as Date).getUTCHours())).toEqual([0, 12, 0, 12])
  })
})

describe('reports with different checkpoints', () => {
  const [a, b] = THREE as [ProjectionToRun, ProjectionToRun]

  test('that are near share a read from the lowest; each takes what it does not have', async () => {
    await work.append(count('x', 1), count('x', 2))
    await run([a])
    await work.append(count('x', 4))
    await run([b])
    await work.append(count('x', 8))
    const { log: eventStore, reads, given } = counted(work.eventStore)
    expect(values(await run([a, b], { eventStore }))).toMatchObject([{ events: 2 }, { events: 1 }])
    expect(reads.length).toBe(1)
    expect(given()).toBe(2)
    expect(await sums('a', 'b')).toEqual([[15], [15]])
    expect(values(await run([a, b]))).toMatchObject([
      { events: 0, stale: [] },
      { events: 0, stale: [] },
    ])
  })

  test('that are far from each other read for themselves, the foremost first', async () => {
    await work.append(count('x', 1))
    await run([b])
    await work.append(count('x', 2))
    const { log: eventStore, reads } = counted(work.eventStore)
    const shares: number[] = []
    const onProgress = ({ share }: { share: number }): void => void shares.push(share)
    expect(values(await run([a, b], { eventStore, onProgress }))).toMatchObject([
      { events: 2 },
      { events: 1 },
    ])
    expect(reads.map(({ after }) => after !== undefined)).toEqual([true, false])
    expect(await sums('a', 'b')).toEqual([[3], [3]])
    expect(shares).toEqual(shares.toSorted((one, other) => one - other))
    // the first group is a small part of the way
    expect(shares[0]).toBeLessThan(0.1)
    expect(shares.at(-1)).toBe(1)
  })

  test('hear each for itself of a backfill below them', async () => {
    await work.append(count('x', 1))
    await run([a, b])
    await work.append(count('x', 2))
    await run([b])
    // all above the foremost is free for it, and it writes between the two
    const between = (await work.reportStore.status('b'))?.checkpoint?.position ?? 0n
    const { number } = await work.eventStore.backfills.begin('import-1', 60_000)
    await work.eventStore.append([newEvent(count('x', 4), between)], {
      backfill: { number, staleReports: true },
    })
    await work.eventStore.backfills.end(number)
    const [ofA, ofB] = (await run([a, b])).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.stale.map(({ cause }) => cause) : outcome.reason,
    )
    expect(ofA).toEqual([])
    expect(ofB).toContain('backfill')
    expect(await sums('a', 'b')).toEqual([[7], [3]])
  })

  test('stay below a backfill that runs, all of them, and go on when it is over', async () => {
    const { number } = await work.eventStore.backfills.begin('import-1', 60_000)
    const events = [1, 2].map((by, i) => newEvent(count('x', by), positionAt((1000 + i) * 1000) + 1n))
    await work.eventStore.append(events, { backfill: { number, staleReports: false } })
    expect(values(await run([a, b]))).toMatchObject([{ belowBackfill: true }, { belowBackfill: true }])
    await work.eventStore.backfills.end(number)
    expect(values(await run([a, b]))).toMatchObject([{ events: 2 }, { events: 2 }])
  })

  test('tell the event store, each of them, how far they read before they do', async () => {
    await work.append(count('x', 1))
    await run([a])
    await work.append(count('x', 2))
    await run([b])
    await work.append(count('x', 4))
    const told = new Map<string, bigint>()
    const readers = {
      ...work.eventStore.readers,
      advance: async (reader: Parameters<EventStore['readers']['advance']>[0]) => {
        told.set(reader.name, reader.readTo)
        return work.eventStore.readers.advance(reader)
      },
    }
    const seen: unknown[] = []
    const read = (options: ReadOptions = {}): ReturnType<EventStore['read']> => {
      seen.push([told.get('a'), told.get('b'), options.upTo])
      return work.eventStore.read(options)
    }
    await run([a, b], { eventStore: logOf(work.eventStore, { readers, read }) })
    const end = await work.eventStore.newestPosition()
    expect(seen).toEqual([[end, end, end]])
  })
})

describe('Ctrl-C', () => {
  test('commits what every report has in hand; the next run goes on', async () => {
    const everything = defineProjection({
      version: 1,
      events: ['*'],
      key: { counter: z.string() },
      row: { sum: z.int().default(0) },
      at: () => ({ counter: 'all' }),
      when: { '*': (row) => void (row.sum += 1) },
    })
    const both: ProjectionToRun[] = [{ name: 'all', definition: everything }, ...THREE.slice(0, 1)]
    await work.append(noise(), count('x', 1), noise(), count('x', 2))
    const controller = new AbortController()
    // when the batch of the one is full, the other's is not
    const stopped = await run(both, {
      batchEvents: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    expect(values(stopped)).toMatchObject([
      { interrupted: true, events: 2 },
      { interrupted: true, events: 1 },
    ])
    expect(await sums('all', 'a')).toEqual([[2], [1]])
    expect(values(await run(both))).toMatchObject([
      { events: 2, stale: [] },
      { events: 1, stale: [] },
    ])
    expect(await sums('all', 'a')).toEqual([[4], [3]])
  })

  test('leaves every report as it was before a replay', async () => {
    await work.append(count('x', 1))
    await run(THREE)
    const stopped = await replay(THREE, { signal: AbortSignal.abort() })
    expect(values(stopped)).toMatchObject(THREE.map(() => ({ exitCode: 130 })))
    for (const { name } of THREE) expect((await work.reportStore.generations(name)).length).toBe(1)
  })
})

test('groups: none is more than twice as far behind as its foremost, or an hour', () => {
  const HOUR = 3600n << 31n
  const groups = (...hours: number[]): bigint[][] =>
    nearGroups(
      hours.map((hour) => BigInt(hour * 10) * (HOUR / 10n)),
      (behind) => behind,
    ).map((group) => group.map((behind) => (behind * 10n) / HOUR))
  expect(groups()).toEqual([])
  expect(groups(0.5, 1, 0)).toEqual([[0n, 5n, 10n]])
  expect(groups(7, 2, 4, 5, 0.1)).toEqual([[1n], [20n, 40n], [50n, 70n]])
})
