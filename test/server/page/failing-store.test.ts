import { afterAll, beforeAll, expect, it } from 'vitest'
import { DemetraError, EXIT } from '../../../src/errors.ts'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { pageServer, type PageServer } from './page-server.ts'

let server: PageServer
let isAway = false
beforeAll(async () => {
  server = await pageServer((store) => failing(store))
})
afterAll(() => server.stop())

/** The store, but that what is asked of it fails while it is away. */
function failing(store: EventStore): EventStore {
  const error = new DemetraError('mongodb://me:secret@db does not answer', {
    code: 'DEMETRA_STORE_UNREACHABLE',
    exitCode: EXIT.unreachable,
  })
  const fails = () => Promise.reject(error)
  return new Proxy(store, {
    get: (of, name) => {
      if (isAway && (name === 'statistics' || name === 'now')) return fails
      if (name === 'tokens')
        return { ...of.tokens, find: (id: string) => (isAway ? fails() : of.tokens.find(id)) }
      const member: unknown = Reflect.get(of, name, of)
      return typeof member === 'function' ? (member.bind(of) as unknown) : member
    },
  })
}

async function page(): Promise<string> {
  return (await fetch(server.url, { headers: { cookie } })).text()
}

let cookie: string
it('a store that went away is told on the page, with since when, above what was known last', async () => {
  const body = new URLSearchParams({ token: server.reader.token })
  const signedIn = await fetch(`${server.url}/session`, { method: 'POST', body, redirect: 'manual' })
  cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  expect(await page()).toContain('Ready for the first event.')
  isAway = true
  // what was read a moment ago is told until it is no longer fresh
  await expect.poll(page, { timeout: 20_000 }).toContain('The event store cannot be read.')
  const told = await page()
  expect(told).toContain('mongodb://***@db does not answer')
  expect(told).not.toContain('secret')
  expect(told.replaceAll(/\s+/gu, ' ')).toMatch(
    /cannot be read since <time [^>]*>[^<]*<\/time > UTC\. What follows is of/u,
  )
})

it('who has not signed in is told that no token can be checked, and nothing else', async () => {
  const body = new URLSearchParams({ token: server.sender.token })
  const response = await fetch(`${server.url}/session`, { method: 'POST', body })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  const told = await response.text()
  expect(told).toContain('no token can be checked')
  expect(told).not.toContain('mongodb')
})

it('the page is whole again once the store is back', async () => {
  isAway = false
  await expect.poll(page, { timeout: 20_000 }).not.toContain('cannot be read')
  expect(await page()).toContain('Ready for the first event.')
})
