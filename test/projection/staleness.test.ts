import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { positionAt } from '../../src/event/position.ts'
import { count, counting, noise } from './counting.ts'
import { newEvent, Workspace } from './workspace.ts'

let work: Workspace
beforeEach(async () => {
  work = await Workspace.open()
})
afterEach(async () => {
  await work.close()
})

/** Writes backfilled events one second apart from `second`. */
async function backfill(number: number, second: number, counts: number[], staleReports = false) {
  const events = counts.map((by, i) => newEvent(count('a', by), positionAt((second + i) * 1000) + 1n))
  await work.eventStore.append(events, { backfill: { number, staleReports } })
}
const sum = async () => (await work.rows()).map((row) => row['sum'])

describe('a backfill', () => {
  test('above the checkpoint is read in its place', async () => {
    const first = await work.eventStore.backfills.begin('import-1', 60_000)
    await backfill(first.number, 1000, [1, 2])
    await work.eventStore.backfills.end(first.number)
    expect(await work.run(counting)).toMatchObject({ stale: [], events: 2 })
    const second = await work.eventStore.backfills.begin('import-2', 60_000)
    await backfill(second.number, 2000, [3])
    await work.eventStore.backfills.end(second.number)
    expect(await work.run(counting)).toMatchObject({ stale: [], events: 1 })
    expect(await work.reportStore.status('report')).toMatchObject({ backfill: second.number })
    expect(await sum()).toEqual([6])
  })

  test('that runs keeps the report below it, and says so', async () => {
    const begun = await work.eventStore.backfills.begin('import-1', 60_000)
    await backfill(begun.number, 1000, [1, 2])
    const below = await work.run(counting)
    expect(below).toMatchObject({ belowBackfill: true, events: 0 })
    await work.eventStore.backfills.end(begun.number)
    const done = await work.run(counting)
    expect(done).toMatchObject({ events: 2, stale: [] })
    expect(done.belowBackfill).toBeUndefined()
  })

  test('below the checkpoint makes the report stale, which goes on and tells it every time', async () => {
    await work.append(count('a', 1))
    await work.run(counting)
    const begun = await work.eventStore.backfills.begin('import-1', 60_000)
    await expect(backfill(begun.number, 1000, [10])).rejects.toMatchObject({
      code: 'DEMETRA_BACKFILL_BELOW_READERS',
    })
    await backfill(begun.number, 1000, [10], true)
    await work.eventStore.backfills.end(begun.number)

    const told = await work.run(counting)
    expect(told.stale).toMatchObject([{ cause: 'backfill' }])
    expect(told.warnings.join()).toMatch(/import-1.*demetra replay report/u)
    expect((await work.reportStore.status('report'))?.stale).toEqual(told.stale)
    await work.append(count('a', 2))
    const later = await work.run(counting)
    expect(later).toMatchObject({ events: 1, stale: told.stale })
    expect(await sum()).toEqual([3])
  })

  test('that began before a run and wrote below it afterwards is not forgotten', async () => {
    await work.append(count('a', 1))
    await work.run(counting)
    await work.append(count('a', 2))
    await work.run(counting, { name: 'foremost' })
    // all above the foremost reader is free for it
    const begun = await work.eventStore.backfills.begin('import-1', 60_000)
    // reads up to there, and sees a backfill that has written nothing yet
    expect(await work.run(counting)).toMatchObject({ events: 1, stale: [] })
    await backfill(begun.number, 1000, [10], true)
    await work.eventStore.backfills.end(begun.number)
    expect((await work.run(counting)).stale).toMatchObject([{ cause: 'backfill' }])
  })

  test('of before the first run is no reason', async () => {
    await work.append(count('a', 1))
    const begun = await work.eventStore.backfills.begin('import-1', 60_000)
    await backfill(begun.number, 1000, [10])
    await work.eventStore.backfills.end(begun.number)
    expect(await work.run(counting)).toMatchObject({ stale: [], events: 2 })
    expect(await work.run(counting)).toMatchObject({ stale: [] })
  })
})

describe('an event that appears below the checkpoint', () => {
  /** Past every guard: straight into the file. */
  function slipIn(secondsBefore: number): void {
    const database = new DatabaseSync(work.eventStoreUrl.replace('sqlite:', ''))
    const columns =
      'service, type, created_at, received_at, aggregate_id, correlation_id, meta_extra, payload, digest'
    database
      .prepare(
        `INSERT INTO events (position, id, ${columns})
         SELECT max(position) - ? * (1 << 31), randomblob(16), ${columns} FROM events GROUP BY 1 = 1`,
      )
      .run(secondsBefore)
    database.close()
  }

  test.each([1, 30, 59])('%i s below it is told by the next run, with or without news', async (seconds) => {
    for (const [name, news] of [
      ['without', false],
      ['with', true],
    ] as const) {
      await work.append(count('a', 1), noise())
      expect(await work.run(counting, { name })).toMatchObject({ stale: [] })
      slipIn(seconds)
      if (news) await work.append(count('a', 2))
      const told = await work.run(counting, { name })
      expect(told.stale).toMatchObject([{ cause: 'late-event' }])
      const again = await work.run(counting, { name })
      expect(again.stale).toEqual(told.stale)
    }
  })

  test('instead of another one is told as well', async () => {
    await work.append(count('a', 1), noise(), noise())
    await work.run(counting)
    slipIn(1)
    const database = new DatabaseSync(work.eventStoreUrl.replace('sqlite:', ''))
    database.exec(`DELETE FROM events WHERE rowid = (SELECT min(rowid) FROM events WHERE type = 'other')`)
    database.close()
    expect((await work.run(counting)).stale).toMatchObject([{ cause: 'late-event' }])
  })

  test('is told also where the run before it was stopped in the middle', async () => {
    await work.append(count('a', 1), count('a', 2), count('a', 3))
    const controller = new AbortController()
    const options = { batchEvents: 1, signal: controller.signal, onProgress: () => controller.abort() }
    expect(await work.run(counting, options)).toMatchObject({ interrupted: true, events: 1 })
    slipIn(1)
    expect((await work.run(counting)).stale).toMatchObject([{ cause: 'late-event' }])
  })

  test('a quiet log gives no alarm, in whatever steps it is read', async () => {
    for (let round = 0; round < 10; round += 1) {
      await work.append(...Array.from({ length: round }, (_, i) => (i % 2 === 0 ? count('a', i) : noise())))
      expect(await work.run(counting, { batchEvents: 1 + (round % 3) })).toMatchObject({ stale: [] })
    }
  })
})
