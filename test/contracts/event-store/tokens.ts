import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { NewToken } from '../../../src/event-store/event-store.ts'
import { type EventStoreHarness, Opened } from './fixture.ts'

const aToken = (id: string, more: Partial<NewToken> = {}): NewToken => ({
  id,
  hash: new Uint8Array(createHash('sha256').update(id).digest()),
  services: ['core'],
  read: false,
  note: null,
  ...more,
})

export function tokenTests(harness: EventStoreHarness): void {
  describe('tokens', () => {
    const opened = new Opened(harness)
    afterEach(() => opened.close())

    test('what is added is there for every process, whatever its texts are made of', async () => {
      const database = await opened.database()
      const [store, other] = [await database.open(), await database.open()]
      expect(await other.tokens.find('a')).toBeNull()
      expect(await other.tokens.list()).toEqual([])
      const token = aToken('a', { services: ['$core', 'it\'s "ü" 🌾'], read: true, note: '$note' })
      const before = await store.now()
      await store.tokens.add(token)
      await store.tokens.add(aToken('b', { services: [] }))
      const stored = { ...token, createdAt: expect.any(Number), revokedAt: null }
      const found = await other.tokens.find('a')
      expect(found).toEqual(stored)
      expect(found?.hash).toBeInstanceOf(Uint8Array)
      expect(Buffer.from(found!.hash)).toEqual(Buffer.from(token.hash))
      expect(found!.createdAt).toBeGreaterThanOrEqual(before)
      expect((await other.tokens.list()).map(({ id }) => id)).toEqual(['a', 'b'])
      expect(await other.tokens.find('c')).toBeNull()
    })

    test('a revoked one stays, with the time of the first call, for every process', async () => {
      const database = await opened.database()
      const [store, other] = [await database.open(), await database.open()]
      expect(await store.tokens.revoke('a')).toBe(false)
      await store.tokens.add(aToken('a'))
      expect(await other.tokens.revoke('a')).toBe(true)
      const revoked = await store.tokens.find('a')
      expect(revoked?.revokedAt).toBeGreaterThanOrEqual(revoked!.createdAt)
      expect(await store.tokens.revoke('a')).toBe(true)
      expect(await other.tokens.find('a')).toEqual(revoked)
      expect(await other.tokens.list()).toEqual([revoked])
      expect(await store.tokens.revoke('b')).toBe(false)
      await store.tokens.add(aToken('a'))
      expect(await store.tokens.find('a')).toEqual(revoked)
    })

    test('an id is given once: the same token again is none the worse, another is refused', async () => {
      const store = await opened.store()
      await store.tokens.add(aToken('a'))
      const stored = await store.tokens.find('a')
      await store.tokens.add(aToken('a', { read: true }))
      const other = { hash: new Uint8Array(32).fill(7), services: ['other'] }
      await expect(store.tokens.add(aToken('a', other))).rejects.toMatchObject({
        code: 'DEMETRA_TOKEN_EXISTS',
        exitCode: 1,
        context: { id: 'a' },
      })
      expect(await store.tokens.list()).toEqual([stored])
    })

    test('of ten that want one id at once one has it', async () => {
      const database = await opened.database()
      const stores = [await database.open(), await database.open()]
      const added = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) =>
          stores[n % 2]!.tokens.add(aToken('a', { hash: new Uint8Array(32).fill(n) })),
        ),
      )
      expect(added.filter(({ status }) => status === 'fulfilled').length).toBe(1)
      const winner = added.findIndex(({ status }) => status === 'fulfilled')
      expect((await stores[0]!.tokens.find('a'))!.hash[0]).toBe(winner)
    })
  })
}
