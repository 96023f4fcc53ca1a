import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventStore, StoredToken, TokenRegister } from '../../src/event-store/event-store.ts'
import { createAuthenticator } from '../../src/server/authenticate.ts'
import { TokenLookUps } from '../../src/server/token-look-ups.ts'
import { drawToken, formatToken, hashSecret } from '../../src/token/token.ts'
import { temporaryDatabase } from '../event-store/temporary-database.ts'

let database: Awaited<ReturnType<typeof temporaryDatabase>>
let store: EventStore
let asked: string[] = []
let tokens: TokenRegister
let now = 0
beforeEach(async () => {
  database = await temporaryDatabase()
  store = await database.open()
  asked = []
  now = 0
  tokens = {
    ...store.tokens,
    find: (id) => {
      asked.push(id)
      return store.tokens.find(id)
    },
  }
})
afterEach(async () => {
  await store.close()
  await database.dispose()
})

async function given(more: Partial<StoredToken> = {}): Promise<{ id: string; text: string; header: string }> {
  const drawn = drawToken()
  const { services = ['core'], read = false } = more
  await store.tokens.add({ id: drawn.id, hash: hashSecret(drawn.secret), services, read, note: null })
  const text = formatToken(drawn)
  return { id: drawn.id, text, header: `Bearer ${text}` }
}
const stranger = () => `Bearer ${formatToken(drawToken())}`
const authenticator = () => createAuthenticator(new TokenLookUps(tokens, () => now))

test('a good token opens what it was made for', async () => {
  const { id, text, header } = await given({ services: ['core', 'shop'], read: true })
  const access = { tokenId: id, services: ['core', 'shop'], read: true }
  const { check } = authenticator()
  expect(await check(header)).toEqual(access)
  expect(await check(`bearer  ${text}`)).toEqual(access)
})

test('nothing else opens anything, and what is no token is not looked up', async () => {
  const { id, text, header } = await given()
  const { check } = authenticator()
  const foreign = `Bearer demetra_${id}_${drawToken().secret}`
  for (const bad of [foreign, stranger()]) expect(await check(bad)).toBeNull()
  expect(asked.length).toBe(2)
  const noTokens = [undefined, '', 'Bearer', 'Bearer ', text, `Basic ${text}`, `${header}x`, `${header} x`]
  const more = [
    header.slice(0, -1),
    `Bearer demetra_${id}_`,
    `Bearer ${'a'.repeat(100_000)}`,
    `Bearer ${text},${text}`,
  ]
  for (const bad of [...noTokens, ...more]) expect(await check(bad)).toBeNull()
  expect(asked.length).toBe(2)
})

test('a token that is in use is asked for once in a few seconds, however many requests come at once', async () => {
  const { id, header } = await given()
  const { check } = authenticator()
  const answers = await Promise.all(Array.from({ length: 500 }, () => check(header)))
  expect(answers.every((access) => access?.tokenId === id)).toBe(true)
  await check(`Bearer demetra_${id}_${drawToken().secret}`)
  expect(asked).toEqual([id])
  now += 4000
  await Promise.all([check(header), check(header)])
  expect(asked).toEqual([id, id])
})

test('a revoked one is refused within 5 s, also where requests come all the while', async () => {
  const { id, header } = await given()
  const { check } = authenticator()
  expect(await check(header)).not.toBeNull()
  await store.tokens.revoke(id)
  for (; now < 4900; now += 100) await check(header)
  expect(await check(header)).toBeNull()
})

test('one that was made after it was tried is good within 5 s', async () => {
  const drawn = drawToken()
  const { check } = authenticator()
  const header = `Bearer ${formatToken(drawn)}`
  expect(await check(header)).toBeNull()
  await store.tokens.add({
    id: drawn.id,
    hash: hashSecret(drawn.secret),
    services: ['core'],
    read: false,
    note: null,
  })
  now += 5000
  expect(await check(header)).not.toBeNull()
})

test('who tries ids by chance costs the store a few look-ups a second, and tokens in use go on', async () => {
  const users = await Promise.all(Array.from({ length: 60 }, () => given()))
  const { check } = authenticator()
  for (const { header } of users) expect(await check(header)).not.toBeNull()
  let refused = 0
  for (let second = 0; second < 10; second += 1) {
    for (let n = 0; n < 500; n += 1) {
      await check(stranger()).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'DEMETRA_TOO_MANY_TOKENS', exitCode: 5 })
        refused += 1
      })
    }
    for (const { header } of users) expect(await check(header)).not.toBeNull()
    now += 1000
  }
  expect(5000 - refused).toBeLessThanOrEqual(50 + 9 * 20)
  expect(5000 - refused).toBeGreaterThan(200)
})

test('a store that fails is told, and asked again by the next request', async () => {
  const { header } = await given()
  let isGone = true
  const failing = {
    ...tokens,
    find: (id: string) => (isGone ? Promise.reject(new Error('gone')) : tokens.find(id)),
  }
  const { check } = createAuthenticator(new TokenLookUps(failing, () => now))
  for (let n = 0; n < 100; n += 1) await expect(check(header)).rejects.toThrow('gone')
  isGone = false
  expect(await check(header)).not.toBeNull()
})
