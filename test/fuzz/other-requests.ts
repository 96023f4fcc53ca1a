import type { ServerLimits } from '../../src/server/limits.ts'
import { PAYLOAD_MARK } from './event-text.ts'
import { frame } from './framing.ts'
import type { Random } from './random.ts'
import type { Request } from './request.ts'
import { SECRET_MARK, type Tokens } from './tokens.ts'

const METHODS = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'BREW',
  'get',
  'PROPFIND',
]
const PATHS = [
  '/',
  '/health',
  '/ready',
  '/metrics',
  '/openapi.json',
  '/openapi',
  '/docs',
  '/events',
  '/events/',
  '/session',
  '/session/end',
  '/page/status',
  '/favicon.ico',
  '/robots.txt',
  '//',
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/events/%00',
  '/events/%ff%fe',
  '/events/%',
  '/events/../health',
  '/EVENTS',
  '/events;a=b',
  '/events#x',
  '/__proto__',
  '/constructor',
  '/events/constructor',
  '*',
  'http://elsewhere.example/events',
  'events',
  '/a b',
  `/${'x'.repeat(3000)}`,
]

/** Draws requests to everything that is not `POST /events`. */
export class OtherRequests {
  readonly #tokens: Tokens
  readonly #limits: ServerLimits
  /** Of events that are stored. */
  readonly #lines: readonly string[]

  constructor(tokens: Tokens, limits: ServerLimits, lines: readonly string[]) {
    this.#tokens = tokens
    this.#limits = limits
    this.#lines = lines
  }

  draw(random: Random): Request {
    if (random.chance(0.3)) return this.#form(random)
    if (random.chance(0.4)) return this.#event(random)
    const method = random.pick(METHODS)
    const body = Buffer.from(
      random.chance(0.8) ? '' : random.pick(['{}', PAYLOAD_MARK, '\0', 'x'.repeat(10_000)]),
    )
    const path = random.chance(0.03) ? `/x/${this.#tokens.ofReader}` : random.pick(PATHS)
    return this.#request(random, method, path, body, [])
  }

  /** The form in which a token is entered. */
  #form(random: Random): Request {
    const { ofReader } = this.#tokens
    const body = random.pick([
      `token=${ofReader}`,
      `token=${SECRET_MARK}`,
      `token=${encodeURIComponent(ofReader)}&token=${SECRET_MARK}`,
      `token[]=${SECRET_MARK}`,
      `token=%ff%00`,
      'token',
      '',
      '&&&===',
      `{"token":"${SECRET_MARK}"}`,
      `token=${'x'.repeat(random.below(2 * this.#limits.bodyBytes))}`,
      `__proto__[x]=1&constructor=1&token=${SECRET_MARK}`,
    ])
    const type = random.pick([
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=utf-8',
      'multipart/form-data; boundary=x',
      'application/json',
      'text/plain',
    ])
    const headers = [
      `Content-Type: ${type}`,
      random.pick([
        'Origin: http://x',
        'Origin: null',
        'Origin: http://elsewhere.example',
        'Sec-Fetch-Site: same-origin',
      ]),
    ]
    return this.#request(
      random,
      'POST',
      random.pick(['/session', '/session', '/session/end', '/', '/session?x']),
      Buffer.from(body),
      headers,
    )
  }

  #event(random: Random): Request {
    const id = random.chance(0.5) ? this.#lines[random.below(1000)]?.slice(7, 43) : undefined
    const target =
      id ??
      random.pick([
        '0'.repeat(8),
        '00000000-0000-4000-8000-000000000000',
        'x'.repeat(500),
        '%00',
        '1;drop',
        this.#tokens.ofReader,
      ])
    return this.#request(
      random,
      random.pick(['GET', 'GET', 'HEAD', 'DELETE']),
      `/events/${target}`,
      Buffer.of(),
      [],
    )
  }

  #request(random: Random, method: string, target: string, body: Buffer, more: readonly string[]): Request {
    const credential = this.#tokens.draw(random)
    const query = random.chance(0.05) ? `?token=${SECRET_MARK}&a[]=1&a=2&%` : ''
    const headers = [
      ...more,
      ...(credential.header === null || random.chance(0.3) ? [] : [`Authorization: ${credential.header}`]),
      ...this.#cookies(random),
    ]
    const isOdd = method === 'BREW' || method === 'get' || /[^!-~]/u.test(target) || !target.startsWith('/')
    // without a body there is nothing to say of its length
    const framed =
      body.length > 0 || method === 'POST'
        ? frame(random, `${method} ${target}${query} HTTP/1.1`, headers, body)
        : {
            what: 'no body',
            bytes: Buffer.from(
              [`${method} ${target}${query} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'),
              'latin1',
            ),
            after: 'kept' as const,
          }
    return {
      what: [`${method} ${target.slice(0, 100)}${query}`, credential.what, framed.what],
      bytes: framed.bytes,
      // HTTP itself may not know such a thing
      after: isOdd && framed.after === 'kept' ? 'ended' : framed.after,
      isPost: false,
      isToHead: method === 'HEAD',
      isBatch: false,
      judged: [],
      services: [],
      certainty: 'none',
      mayLoseAnswer: body.length > 0,
      asksForPayload: target.startsWith('/events/'),
    }
  }

  #cookies(random: Random): readonly string[] {
    if (random.chance(0.7)) return []
    const { ofReader } = this.#tokens
    return random.pick([
      [`Cookie: demetra_token=${ofReader}`],
      [`Cookie: demetra_session=${SECRET_MARK}`],
      [`Cookie: a=b; demetra_session=${SECRET_MARK}; demetra_session=${ofReader}`, 'Cookie: demetra_token='],
      [`Cookie: demetra_session=${'x'.repeat(5000)}`],
      ['Cookie: =;;,=', 'Cookie: \u00ff'],
      ['Cookie: __proto__=1; constructor=2; demetra_session=%00%ff%'],
      [`Cookie: demetra_session="${SECRET_MARK}`],
    ])
  }
}
