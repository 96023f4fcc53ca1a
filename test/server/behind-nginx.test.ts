import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT } from '../cli/demetra.ts'
import { describeWithNginx } from '../servers/describe-with-nginx.ts'
import { startHttpProxy, type HttpProxy } from '../servers/http-proxy.ts'
import { startNginx, type RunningNginx } from '../servers/start-nginx.ts'
import { plainLine } from '../support/events.ts'
import { pageServer, type PageServer } from './page/page-server.ts'

const GUIDE = readFileSync(join(ROOT, 'docs', 'service.md'), 'utf8')
const [, SITE = ''] = /```nginx\n(.*?)```/su.exec(GUIDE) ?? []

/** Stands where the guide has it; there is one of each. */
function replaced(site: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((changed, [from, to]) => {
    expect(changed.split(from), from).toHaveLength(2)
    return changed.replace(from, to)
  }, site)
}

describeWithNginx('behind the nginx of the guide', () => {
  let server: PageServer
  let unreliable: HttpProxy
  let nginx: RunningNginx
  beforeAll(async () => {
    server = await pageServer()
    const { port } = new URL(server.url)
    unreliable = await startHttpProxy(Number(port))
    nginx = await startNginx((listening) =>
      replaced(SITE, {
        // the first is asked first
        'server 127.0.0.1:7777;': `server 127.0.0.1:${unreliable.port}; server 127.0.0.1:${port};`,
        'listen 443 ssl;': `listen 127.0.0.1:${listening.port} ssl;`,
        '/etc/ssl/source-of-truth.pem': listening.certificate,
        '/etc/ssl/private/source-of-truth.key': listening.key,
      }),
    )
  })
  afterAll(async () => {
    await nginx?.stop()
    await unreliable?.stop()
    await server?.stop()
  })

  async function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
  ): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> {
    const host = { host: 'localhost', port: nginx.port, ca: nginx.ca }
    const sent = request({ ...host, method, path, headers: { ...headers, connection: 'close' } })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
  }

  const sendEvents = (body: string, type = 'application/json') =>
    send('POST', '/events', { authorization: `Bearer ${server.sender.token}`, 'content-type': type }, body)

  it('an answer that got lost is asked for again from the next instance: the event was stored', async () => {
    unreliable.fail('POST', 'lose answer')
    const { status, headers } = await sendEvents(plainLine(1))
    expect(status).toBe(409)
    expect(headers['demetra-store']).toBeDefined()
    expect(unreliable.seen).toEqual(['POST /events'])
    expect(server.ingest.counts).toMatchObject({ stored: 1, duplicates: 1 })
  })

  it('events arrive, one and many, in a body larger than nginx takes by itself', async () => {
    expect((await sendEvents(plainLine(2))).status).toBe(200)
    const lines = Array.from({ length: 2000 }, (_, n) => plainLine(n + 10, { text: 'x'.repeat(1000) }))
    const { status, body } = await sendEvents(lines.join('\n'), 'application/x-ndjson')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ stored: 2000 })
  })

  it('people sign in to the status page, and their cookie is for TLS alone', async () => {
    const form = {
      'content-type': 'application/x-www-form-urlencoded',
      // as a browser says where a form stands
      origin: `https://localhost:${nginx.port}`,
    }
    const { status, headers } = await send('POST', '/session', form, `token=${server.reader.token}`)
    expect(status).toBe(303)
    const [set = ''] = headers['set-cookie'] ?? []
    expect(set).toMatch(/; Secure$/u)
    const page = await send('GET', '/', { cookie: set.split(';')[0] ?? '' })
    expect(page.body).toContain('Good')
  })

  it('the metrics are not for everybody', async () => {
    const headers = { authorization: `Bearer ${server.reader.token}` }
    expect((await send('GET', '/metrics', headers)).status).toBe(404)
    expect((await send('GET', '/ready')).status).toBe(200)
  })
})
