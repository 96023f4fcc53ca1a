import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import { leaseOwner } from '../../src/process-owner.ts'
import { count, counting } from './counting.ts'
import { logOf, newEvent, Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => count(i % 2 === 0 ? 'even' : 'odd', from + i))
describe('two runs of one projection', () => {
  test('the second says who is at it, and does nothing', async () => {
    await work.append(...numbers(1, 6))
    // holds the first run in its first slice until it is let go
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const eventStore = logOf(work.eventStore, {
      summary: async (after, upTo) => {
        reached.resolve()
        await gate.promise
        return work.eventStore.summary(after, upTo)
      },
    })
    const first = work.run(counting, { eventStore, owner: 'the first' })
    await reached.promise
    const reportStore = await work.openReportStore()
    const second = await work.run(counting, { reportStore })
    expect(second.heldBy).toMatchObject({ owner: 'the first' })
    expect(second).toMatchObject({ events: 0, rowsWritten: 0, shown: 0 })
    const waiting = work.run(counting, { reportStore, wait: true })
    gate.resolve()
    expect(await first).toMatchObject({ events: 6, shown: 2 })
    expect(await waiting).toMatchObject({ events: 0, shown: 2 })
  })

  test('of one that is dead takes over at once', async () => {
    await work.append(...numbers(1, 3))
    const { newReport } = await import('../../src/projection/report-shape.ts')
    const eventStoreId = await work.eventStore.storeId()
    const report = await work.reportStore.open(newReport('report', eventStoreId, counting))
    const dead = leaseOwner().replace(/process \d+/u, 'process 999999999')
    await work.reportStore.acquire(report, dead, 3_600_000)
    expect(await work.run(counting)).toMatchObject({ events: 3 })
  })

  test('one that lost its lease commits nothing more', async () => {
    await work.append(...numbers(1, 6))
    let robbed = false
    const result = await work.run(counting, {
      batchEvents: 2,
      onProgress: () => {
        if (robbed) return
        robbed = true
        // as if this run had slept long past its lease, and another one had come
        void work.reportStore.acquire({ name: 'report', generation: 1 }, 'a thief', 60_000, () => true)
      },
    })
    expect(result).toMatchObject({ events: 2, heldBy: { owner: 'a thief' } })
    expect((await work.rows()).map(({ trace }) => trace)).toEqual(['1 ', '2 '])
    await work.reportStore.release({ name: 'report', generation: 1 }, 2n)
    expect(await work.run(counting)).toMatchObject({ events: 4 })
    expect((await work.rows()).map(({ trace }) => trace)).toEqual(['1 3 5 ', '2 4 6 '])
  })
})

describe('Ctrl-C', () => {
  test('between two events at one position loses neither', async () => {
    const position = positionAt(Date.UTC(2016, 0, 1)) + 1n
    const events = [count('a', 1), count('a', 2)].map((event) => newEvent(event, position))
    const { number } = await work.eventStore.backfills.begin('import', 60_000)
    await work.eventStore.append(events, { backfill: { number, staleReports: false } })
    await work.eventStore.backfills.end(number)
    const controller = new AbortController()
    const options = { batchEvents: 1, signal: controller.signal, onProgress: () => controller.abort() }
    expect(await work.run(counting, options)).toMatchObject({ interrupted: true, events: 1, to: position })
    expect(await work.run(counting)).toMatchObject({ events: 1, from: position, to: position })
    expect((await work.rows()).map(({ sum }) => sum)).toEqual([3])
  })

  test('ends the run after the batch in hand; the next one goes on', async () => {
    await work.append(...numbers(1, 6))
    const controller = new AbortController()
    const stopped = await work.run(counting, {
      batchEvents: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    expect(stopped).toMatchObject({ interrupted: true, events: 2 })
    expect((await work.rows()).map(({ trace }) => trace)).toEqual(['1 ', '2 '])
    expect((await work.reportStore.status('report'))?.heldBy).toBeNull()
    expect(await work.run(counting, { signal: controller.signal })).toMatchObject({
      interrupted: true,
      events: 0,
    })
    expect(await work.run(counting)).toMatchObject({ events: 4, stale: [] })
    expect((await work.rows()).map(({ trace }) => trace)).toEqual(['1 3 5 ', '2 4 6 '])
  })
})
