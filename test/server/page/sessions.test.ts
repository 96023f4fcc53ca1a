import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { StoredToken, TokenRegister } from '../../../src/event-store/event-store.ts'
import { isFromOwnPage } from '../../../src/server/page/same-origin.ts'
import { Sessions } from '../../../src/server/page/sessions.ts'
import { SignInLimit } from '../../../src/server/page/sign-in-limit.ts'
import { TokenLookUps } from '../../../src/server/token-look-ups.ts'

const DAY_MS = 86_400_000

function register(own: Partial<StoredToken> = {}) {
  const token: StoredToken = {
    id: 'k7f3q2za',
    hash: createHash('sha256').update(randomBytes(32)).digest(),
    services: [],
    read: true,
    note: null,
    createdAt: 0,
    revokedAt: null,
    ...own,
  }
  const clock = { nowMs: 0 }
  const state = { isAway: false, asked: 0 }
  const tokens: Pick<TokenRegister, 'find'> = {
    find: (id: string) => {
      state.asked += 1
      if (state.isAway) return Promise.reject(new Error('away'))
      return Promise.resolve(id === token.id ? { ...token } : null)
    },
  }
  const now = () => clock.nowMs
  const instance = () => new Sessions(new TokenLookUps(tokens as TokenRegister, now), now)
  return { token, clock, state, instance, begun: async () => (await instance().begin(token.id)) ?? '' }
}

describe('a session', () => {
  it('holds on every instance, for thirty days', async () => {
    const { clock, instance, begun } = register()
    const cookie = await begun()
    clock.nowMs = 30 * DAY_MS - 1
    expect(await instance().isOpen(cookie)).toBe(true)
    clock.nowMs += 1
    expect(await instance().isOpen(cookie)).toBe(false)
  })

  it('holds neither the token nor its hash', async () => {
    const { token, begun } = register()
    const cookie = await begun()
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(cookie).not.toContain(Buffer.from(token.hash).toString(form))
    }
  })

  it('ends within 5 s after its token was revoked', async () => {
    const { token, clock, instance, begun } = register()
    const [sessions, cookie] = [instance(), await begun()]
    expect(await sessions.isOpen(cookie)).toBe(true)
    token.revokedAt = 1
    clock.nowMs = 4_999
    expect(await sessions.isOpen(cookie)).toBe(false)
  })

  it('asks the store once for many looks', async () => {
    const { state, instance, begun } = register()
    const [sessions, cookie] = [instance(), await begun()]
    state.asked = 0
    for (let i = 0; i < 100; i += 1) await sessions.isOpen(cookie)
    expect(state.asked).toBe(1)
  })

  it('goes on while the store is away, so that the page can tell that it is', async () => {
    const { clock, state, instance, begun } = register()
    const [sessions, cookie] = [instance(), await begun()]
    await sessions.isOpen(cookie)
    state.isAway = true
    clock.nowMs = 60_000
    expect(await sessions.isOpen(cookie)).toBe(true)
    await expect(instance().isOpen(cookie)).rejects.toThrow('away')
  })

  it('is not begun by a token without read, or a revoked one', async () => {
    expect(await register({ read: false }).begun()).toBe('')
    expect(await register({ revokedAt: 1 }).begun()).toBe('')
  })

  it('is not opened by a cookie that was changed anywhere', async () => {
    const { instance, begun } = register()
    const [sessions, cookie] = [instance(), await begun()]
    for (let i = 0; i < cookie.length; i += 1) {
      const other = cookie[i] === '1' ? '2' : '1'
      const changed = cookie.slice(0, i) + other + cookie.slice(i + 1)
      // the last digit of base64 has bits that count for nothing
      if (i === cookie.length - 1) continue
      expect(await sessions.isOpen(changed), changed).toBe(false)
    }
    for (const value of [undefined, '', 'v1', cookie.slice(0, -1), `${cookie}x`]) {
      expect(await sessions.isOpen(value)).toBe(false)
    }
  })
})

describe('a form is taken', () => {
  it.each([
    ['from the page itself', { 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    ['from the page, of a browser that says its origin', { origin: 'https://demetra.example' }, true],
    ['from no browser', {}, true],
    ['not from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://demetra.example' }, false],
    ['not from a neighbour', { 'sec-fetch-site': 'same-site' }, false],
    ['not from another origin', { origin: 'https://evil.example' }, false],
    ['not from another port', { origin: 'https://demetra.example:8443' }, false],
    ['not from a page without an origin', { origin: 'null' }, false],
  ])('%s', (_, headers, isTaken) => {
    expect(isFromOwnPage({ host: 'demetra.example', ...headers })).toBe(isTaken)
  })
})

describe('attempts to sign in', () => {
  it('are limited for each address, for a minute', () => {
    let nowMs = 0
    const limit = new SignInLimit(() => nowMs)
    for (let i = 0; i < 10; i += 1) limit.failed('10.0.0.1')
    expect([limit.allows('10.0.0.1'), limit.allows('10.0.0.2')]).toEqual([false, true])
    expect(limit.retryAfterSeconds()).toBe(60)
    nowMs = 60_000
    expect(limit.allows('10.0.0.1')).toBe(true)
  })

  it('are limited for all addresses together, in bounded memory', () => {
    const limit = new SignInLimit(() => 0)
    for (let i = 0; i < 300; i += 1) limit.failed(`10.0.0.${i}`)
    expect(limit.allows('10.1.1.1')).toBe(false)
  })
})
