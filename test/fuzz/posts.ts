import type { ServerLimits } from '../../src/server/limits.ts'
import type { Bodies, Body } from './bodies.ts'
import { frame } from './framing.ts'
import { pack } from './packing.ts'
import type { Random } from './random.ts'
import type { Request } from './request.ts'
import { SECRET_MARK, type Tokens } from './tokens.ts'

/** Data of any kind is taken in binary mode: also what is packed wrongly. */
const AS_IT_IS = (bytes: Buffer) => ({ what: 'plain', encoding: null, bytes, certainty: 'exact' as const })

type Certainty = Request['certainty']

/** Draws requests to `POST /events`. */
export class Posts {
  readonly #bodies: Bodies
  readonly #tokens: Tokens
  readonly #limits: ServerLimits

  constructor(bodies: Bodies, tokens: Tokens, limits: ServerLimits) {
    this.#bodies = bodies
    this.#tokens = tokens
    this.#limits = limits
  }

  draw(random: Random): Request {
    const body = this.#bodies.draw(random)
    const packed =
      body.what === 'binary' ? AS_IT_IS(body.bytes) : pack(random, body.bytes, 4 * this.#limits.unpackedBytes)
    const credential = this.#tokens.draw(random)
    const type = contentType(random, body)
    const headers = [
      ...(type.header === null ? [] : [`Content-Type: ${type.header}`]),
      ...(packed.encoding === null ? [] : [`Content-Encoding: ${packed.encoding}`]),
      ...(credential.header === null ? [] : [`Authorization: ${credential.header}`]),
      ...body.headers,
      ...moreHeaders(random),
    ]
    const drawn = frame(random, `POST ${target(random)} HTTP/1.1`, headers, packed.bytes)
    // in binary mode an event with less data, or none, is one as well: which, nobody could tell
    const framed =
      body.what === 'binary' && drawn.certainty !== 'exact'
        ? { ...drawn, bytes: drawn.bytes.subarray(0, drawn.bytes.indexOf('\r\n')), after: 'cut' as const }
        : drawn
    const isTooLarge =
      packed.bytes.length > this.#limits.bodyBytes || body.bytes.length > this.#limits.unpackedBytes
    const certainty = credential.isGood
      ? least(
          body.certainty,
          packed.certainty,
          type.certainty,
          framed.certainty,
          isTooLarge ? 'may' : 'exact',
        )
      : 'none'
    return {
      what: [body.what, packed.what, `as ${type.header}`, credential.what, framed.what],
      bytes: framed.bytes,
      after: framed.after,
      isPost: true,
      isToHead: false,
      isBatch: body.isBatch,
      judged: certainty === 'none' ? [] : body.judged,
      services: credential.services,
      certainty,
      mayLoseAnswer: isTooLarge || packed.what.endsWith('a bomb'),
      asksForPayload: false,
    }
  }
}

const ORDER: readonly Certainty[] = ['exact', 'may', 'none']

function least(...all: readonly Certainty[]): Certainty {
  return all.toSorted((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0] as Certainty
}

interface ContentType {
  header: string | null
  certainty: Certainty
}

function contentType(random: Random, { contentType: header, what }: Body): ContentType {
  if (header === '') return { header: null, certainty: 'exact' }
  // in binary mode it says what the data is
  if (random.chance(0.92) || what === 'binary') return { header, certainty: 'exact' }
  if (random.chance(0.4)) {
    const same = random.pick([
      header.toUpperCase(),
      `${header} ; x=y`,
      header.replace(/;.*/u, '').concat(';charset="UTF-8"'),
    ])
    return { header: same, certainty: 'exact' }
  }
  const other = random.pick([
    null,
    'text/plain',
    'text/html',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    `${header.replace(/;.*/u, '')}; charset=utf-16`,
    'application/json, application/x-ndjson',
    'application',
    '/',
    ';;;',
    '*/*',
    'constructor',
    '__proto__',
    'application/cloudevents',
    'application/cloudevents+avro',
    'x'.repeat(5000),
  ])
  return { header: other, certainty: 'none' }
}

function moreHeaders(random: Random): readonly string[] {
  if (random.chance(0.9)) return []
  return random.pick([
    ['Accept: text/html', 'Accept-Encoding: br'],
    [`Cookie: demetra_token=${SECRET_MARK}; a=b`],
    ['Cookie: ;;;=;'],
    [`X-Request-Id: ${SECRET_MARK}`, `Request-Id: ${SECRET_MARK}`],
    ['X-Forwarded-For: "><script>', 'X-Forwarded-Proto: https', 'Forwarded: for=x'],
    [`Referer: http://x/?token=${SECRET_MARK}`, `User-Agent: ${SECRET_MARK}`],
    ['Origin: null', 'Sec-Fetch-Site: cross-site'],
    ['If-None-Match: *', 'Range: bytes=0-'],
    ['X-Http-Method-Override: DELETE'],
    ['Date: yesterday', 'Traceparent: 00-x'],
  ])
}

function target(random: Random): string {
  if (random.chance(0.95)) return '/events'
  return random.pick([`/events?token=${SECRET_MARK}`, '/events?', '/events?a=1&a=2', '/events?%ff'])
}
