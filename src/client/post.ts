import { DemetraError, EXIT } from '../errors.ts'

export interface Server {
  /** Of the service, without `/events`; `checkServer` lets it end in a slash. */
  url: string
  token: string
}

/** What a server said to one event, or to a request as a whole; told by the status code and headers alone. */
export interface Answer {
  /** 0: there was none. */
  status: number
  /** What the server said to it, or why there was no answer; one line. */
  reason: string
  /** The store that answered, by the header Demetra-Store; null: what answered may be no Demetra. */
  store: string | null
  /** Milliseconds, by the header Retry-After. */
  retryAfterMs: number | null
}

export interface Exchange extends Answer {
  /** The body, parsed; null where it is no JSON object. */
  body: Readonly<Record<string, unknown>> | null
}

export interface PostOptions {
  server: Server
  /** Aborted when it has taken too long. */
  deadline: AbortSignal
}

/** Throws DemetraError, which never shows the token or a password. */
export function checkServer({ url, token }: Server): Server {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw invalid('URL', 'expected http:// or https://')
  if (parsed.username !== '' || parsed.password !== '') {
    throw invalid('URL', 'it holds a user or a password; give the token beside it')
  }
  const path = parsed.pathname.replace(/\/*$/, '/')
  if (parsed.search !== '' || parsed.hash !== '' || path.endsWith('/events/')) {
    throw invalid('URL', 'expected it without ? and #, and without /events, which is added to it')
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw invalid('token', 'expected what `demetra token create` prints')
  return { url: parsed.origin + path, token }
}

/** Connections that the server closed while they were idle: the next one works. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const REASON_CHARS = 500
const MOST_ANSWER_BYTES = 16 * 1024 * 1024

export async function post(body: string, contentType: string, options: PostOptions): Promise<Exchange> {
  return exchange('events', { method: 'POST', body }, { 'content-type': contentType }, options)
}

/** Asks for an event that is not there: the answer tells the store, and what the token is worth. */
export async function greet(options: PostOptions): Promise<Exchange> {
  return exchange('events/00000000-0000-0000-0000-000000000000', { method: 'GET' }, {}, options)
}

/** Never throws. */
async function exchange(
  path: string,
  init: { method: string; body?: string },
  headers: Readonly<Record<string, string>>,
  options: PostOptions,
): Promise<Exchange> {
  const { server, deadline } = options
  const request = {
    ...init,
    headers: { ...headers, authorization: `Bearer ${server.token}` },
    // a token is not for whomever the server names
    redirect: 'manual' as const,
    signal: deadline,
  }
  for (let isAgain = false; ; isAgain = true) {
    try {
      const response = await fetch(new URL(path, server.url), request)
      return await readAnswer(response)
    } catch (error) {
      if (!isAgain && !deadline.aborted && CLOSED.has(codeOf(error))) continue
      const reason = deadline.aborted ? 'no answer in time' : networkReason(error)
      return { status: 0, reason, store: null, retryAfterMs: null, body: null }
    }
  }
}

function invalid(what: string, why: string): DemetraError {
  return new DemetraError(`The ${what} of the service cannot be used: ${why}`, {
    code: 'DEMETRA_SERVER_INVALID',
    exitCode: EXIT.usage,
    hints: ['`demetra deliver DIR --url https://HOST`, with the token in DEMETRA_TOKEN'],
  })
}

/** The status counts as soon as it is there; a body that breaks off takes nothing from it. */
async function readAnswer(response: Response): Promise<Exchange> {
  const { status, headers } = response
  const body = parseObject(await readText(response))
  return {
    status,
    reason: `${status} ${reasonOf(body) ?? response.statusText}`.trim(),
    store: headers.get('demetra-store'),
    retryAfterMs: readRetryAfter(headers),
    body,
  }
}

/** Nothing where it breaks off, or is longer than any answer of Demetra. */
async function readText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of body ?? []) {
      bytes += piece.length
      if (bytes > MOST_ANSWER_BYTES) return ''
      pieces.push(piece)
    }
  } catch {
    return ''
  }
  return Buffer.concat(pieces).toString()
}

/** What an answer says of its error; a text that nobody relies on. */
export function reasonOf(body: Readonly<Record<string, unknown>> | null): string | null {
  const { code, message, issues } = (body?.['error'] ?? {}) as Record<string, unknown>
  const list = (Array.isArray(issues) ? issues : []) as { path?: unknown; message?: unknown }[]
  const parts = list.map((issue) => `${String(issue?.path)}: ${String(issue?.message)}`)
  const text = [code, message, ...parts].filter((part) => typeof part === 'string').join(', ')
  return text === '' ? null : text.replaceAll(/\s+/gu, ' ').slice(0, REASON_CHARS)
}

/** Seconds, or a date by the server's own clock. */
function readRetryAfter(headers: Headers): number | null {
  const text = headers.get('retry-after')
  if (text === null) return null
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const until = Date.parse(text)
  const now = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(until) || Number.isNaN(now) ? null : Math.max(0, until - now)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function codeOf(error: unknown): string {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  return code ?? ''
}

function networkReason(error: unknown): string {
  const cause = ((error as Error).cause ?? error) as Error
  const { code } = cause as NodeJS.ErrnoException
  return cause.message === '' ? (code ?? cause.name) : cause.message
}
