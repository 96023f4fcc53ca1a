import { afterEach, describe, expect, test } from 'vitest'
import { anEvent, type EventStoreHarness, Opened } from './fixture.ts'

const LONG = 60_000

export function newsTests(harness: EventStoreHarness): void {
  describe('the wait for news', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('is over at once where an event stands above, and in vain where none comes', async () => {
      const store = await opened.store()
      expect(await store.waitForNews(0n, 1)).toBe(false)
      await store.append([anEvent('a')])
      expect(await store.waitForNews(0n, LONG)).toBe(true)
      expect(await store.waitForNews(await store.newestPosition(), 1)).toBe(false)
    })

    test('hears of what another process appends, every time', async () => {
      const database = await opened.database()
      const [follower, writer] = [await database.open(), await database.open()]
      for (let n = 0; n < 5; n += 1) {
        const waiting = follower.waitForNews(await follower.newestPosition(), LONG)
        await writer.append([anEvent(`e${n}`)])
        expect(await waiting).toBe(true)
      }
    })

    test('ends where it is told to', async () => {
      const store = await opened.store()
      const abort = new AbortController()
      const waiting = store.waitForNews(0n, LONG, abort.signal)
      abort.abort()
      expect(await waiting).toBe(false)
      expect(await store.waitForNews(0n, LONG, abort.signal)).toBe(false)
    })

    test("the store's clock is one that people know", async () => {
      const store = await opened.store()
      expect(Math.abs((await store.now()) - Date.now())).toBeLessThan(LONG)
    })
  })
}
