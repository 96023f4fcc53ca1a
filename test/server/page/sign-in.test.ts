import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASSETS } from '../../../src/server/page/assets.ts'
import { pageServer, type PageServer } from './page-server.ts'

let server: PageServer
beforeAll(async () => {
  server = await pageServer()
})
afterAll(() => server.stop())

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers, redirect: 'manual' })

const post = (path: string, form: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form,
    redirect: 'manual',
  })

async function cookie(): Promise<string> {
  const response = await post('/session', `token=${server.reader.token}`)
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('the page', () => {
  it('asks for a token where nobody has signed in, whatever the store holds', async () => {
    const response = await get('/')
    expect(response.status).toBe(200)
    const page = await response.text()
    expect(page).toContain('action="session"')
    expect(page).not.toContain('events.db')
    expect((await get('/page/status')).status).toBe(401)
  })

  it('is shown after a token that may read was entered', async () => {
    const response = await get('/', { cookie: await cookie() })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('Ready for the first event.')
  })

  it('lets a browser load nothing but what this server serves, and keep no copy', async () => {
    const { headers } = await get('/', { cookie: await cookie() })
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('has its style and script under names that change with them, to be kept for ever', async () => {
    for (const { path, type } of Object.values(ASSETS)) {
      const { status, headers } = await get(`/${path}`)
      expect([status, headers.get('content-type')]).toEqual([200, type])
      expect(headers.get('cache-control')).toContain('immutable')
    }
  })
})

describe('signing in', () => {
  it('sets a cookie that scripts and other sites do not get, and that is not the token', async () => {
    const response = await post('/session', `token=${server.reader.token}`)
    expect([response.status, response.headers.get('location')]).toEqual([303, './'])
    const set = response.headers.get('set-cookie') ?? ''
    expect(set).toMatch(/^demetra_session=v1\.[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/u)
    expect(set).not.toContain(server.reader.token.split('_')[2])
  })

  it('sets it for TLS alone where a proxy says that the browser speaks it', async () => {
    const response = await post('/session', `token=${server.reader.token}`, { 'x-forwarded-proto': 'https' })
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/u)
  })

  it('answers the same for all that opens nothing', async () => {
    const { reader, sender } = server
    const changed = reader.token.slice(0, -1) + (reader.token.endsWith('A') ? 'B' : 'A')
    const unknown = reader.token.replace(reader.id, 'aaaaaaaa')
    const bodies = []
    for (const token of ['', 'rubbish', changed, unknown, sender.token]) {
      const response = await post('/session', `token=${token}`)
      expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null])
      bodies.push(await response.text())
    }
    expect(new Set(bodies).size).toBe(1)
  })

  it('takes no form from another site', async () => {
    const elsewhere: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of elsewhere) {
      const signIn = await post('/session', `token=${server.reader.token}`, headers)
      expect([signIn.status, signIn.headers.get('set-cookie')]).toEqual([403, null])
      const signOut = await post('/session/end', '', headers)
      expect([signOut.status, signOut.headers.get('set-cookie')]).toEqual([403, null])
    }
  })

  it('takes no form that is longer than any token', async () => {
    expect((await post('/session', `token=${'x'.repeat(10_000)}`)).status).toBe(413)
  })

  it('answers what is no form as it answers a wrong token', async () => {
    const forms: RequestInit[] = [
      {},
      { headers: { 'content-type': 'application/json' }, body: '{"token":1}' },
      { headers: { 'content-type': 'application/x-ndjson' }, body: '{}' },
    ]
    for (const form of forms) {
      const response = await fetch(`${server.url}/session`, { method: 'POST', ...form })
      expect([401, 415]).toContain(response.status)
    }
  })

  it('opens nothing but the page', async () => {
    const response = await fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { cookie: await cookie(), 'content-type': 'application/json' },
      body: '{}',
    })
    expect(response.status).toBe(401)
  })

  it('never has a token or a cookie in the log', () => {
    expect(server.log.join('')).not.toContain(server.reader.token.split('_')[2])
  })

  it('is refused for a while after many attempts', async () => {
    let response = await post('/session', 'token=rubbish')
    while (response.status === 401) response = await post('/session', 'token=rubbish')
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await post('/session', `token=${server.reader.token}`)).status).toBe(429)
  })
})
