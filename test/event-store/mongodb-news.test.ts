import { setTimeout as delay } from 'node:timers/promises'
import { Timestamp } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Database } from '../../src/event-store/mongodb/database.ts'
import { setUp } from '../../src/event-store/mongodb/layout.ts'
import { News } from '../../src/event-store/mongodb/news.ts'
import { newestPosition } from '../../src/event-store/mongodb/read.ts'
import { describeWithMongod, startMongod, startReplicaSet } from '../servers/mongod.ts'
import { storeDocuments } from './mongo-documents.ts'

describeWithMongod('the wait for news', () => {
  describe.each([
    ['standalone', startMongod, 1500],
    ['replica set', startReplicaSet, 400],
  ] as const)('%s', (_, start, withinMs) => {
    let server: Awaited<ReturnType<typeof start>>
    let database: Database
    let news: News
    let round = 0
    beforeAll(async () => (server = await start()))
    afterAll(() => server.stop())
    beforeEach(async () => {
      round += 1
      database = await Database.connect(server.url(`news-${round}`))
      await setUp(database)
      news = new News(database)
    })
    afterEach(async () => {
      await news.close()
      await database.close()
    })

    test('what is there is told at once', async () => {
      await storeDocuments(database, 1)
      expect(await news.wait(0n, 60_000)).toBe(true)
    })

    test('what comes later wakes all who wait for it, and again', async () => {
      const tookMs: number[] = []
      for (let n = 1; n <= 5; n += 1) {
        const after = await newestPosition(database)
        const told: string[] = []
        const waits = [
          news.wait(after, 60_000).then(() => told.push('one')),
          news.wait(after, 60_000).then(() => told.push('two')),
        ]
        await delay(n === 1 ? 300 : 20)
        expect(told).toEqual([])
        const storedAtMs = performance.now()
        await storeDocuments(database, 1, { seed: `round ${n}`, position: new Timestamp({ t: 0, i: 0 }) })
        await Promise.all(waits)
        // what was stored late may be found sooner by looking now and then
        if (n > 1) tookMs.push(performance.now() - storedAtMs)
      }
      // a busy machine may hold up some of them
      expect(Math.min(...tookMs)).toBeLessThan(withinMs)
    })

    test('none of many events stored at any time is missed', async () => {
      for (let n = 0; n < 40; n += 1) {
        const after = await newestPosition(database)
        const waiting = news.wait(after, 30_000)
        const stored = storeDocuments(database, 1, {
          seed: `at ${n}`,
          position: new Timestamp({ t: 0, i: 0 }),
        })
        expect(await waiting).toBe(true)
        await stored
        if (n % 10 === 0) await delay(600)
      }
    })

    test('nothing: false after the time, when aborted, when closed', async () => {
      await storeDocuments(database, 1)
      const after = await newestPosition(database)
      expect(await news.wait(after, 50)).toBe(false)
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 50)
      expect(await news.wait(after, 60_000, abort.signal)).toBe(false)
      expect(await news.wait(after, 60_000, abort.signal)).toBe(false)
      const waiting = news.wait(after, 60_000)
      await news.close()
      expect(await waiting).toBe(false)
      expect(await news.wait(0n, 60_000)).toBe(false)
    })
  })

  test('a server that goes and comes back is heard again', async () => {
    await using set = await startReplicaSet()
    const database = await Database.connect(set.url('news'))
    await setUp(database)
    const news = new News(database)
    try {
      expect(await news.wait(0n, 300)).toBe(false)
      const waiting = news.wait(0n, 60_000)
      const [member] = set.members
      await member?.kill()
      await member?.restart()
      await set.primary()
      await database.repeat(() => storeDocuments(database, 1))
      expect(await waiting).toBe(true)
      await member?.kill()
      expect(await news.wait(await Promise.resolve(2n ** 62n), 700)).toBe(false)
    } finally {
      await news.close()
      await database.close()
    }
  })
})
