import type { Random } from './random.ts'
import type { Request } from './request.ts'

interface Framed {
  what: string
  bytes: Buffer
  after: Request['after']
  certainty: Request['certainty']
}

/** A request as it goes over the wire. `headers` without those that say how long it is. */
export function frame(random: Random, line: string, headers: readonly string[], body: Buffer): Framed {
  const head = (...more: readonly string[]): Buffer =>
    Buffer.from([line, 'Host: x', ...headers, ...more, '', ''].join('\r\n'), 'latin1')
  const length = `Content-Length: ${body.length}`
  const kept = (what: string, ...parts: Buffer[]): Framed => ({
    what,
    bytes: Buffer.concat(parts),
    after: 'kept',
    certainty: 'exact',
  })
  const ended = (what: string, ...parts: Buffer[]): Framed => ({
    ...kept(what, ...parts),
    after: 'ended',
    certainty: 'may',
  })
  if (random.chance(0.83)) return kept('', head(length), body)
  if (random.chance(0.6)) return kept('in chunks', head('Transfer-Encoding: chunked'), chunked(random, body))
  switch (random.below(24)) {
    case 0:
      return kept('100-continue', head(length, 'Expect: 100-continue'), body)
    case 1:
      return ended('expects what is not there', head(length, 'Expect: the best'), body)
    case 2:
      return ended('too short', head(`Content-Length: ${body.length + 1 + random.below(100)}`), body)
    case 3:
      return ended('too long', head(`Content-Length: ${random.below(body.length + 1)}`), body)
    case 4:
      return ended(
        'an odd length',
        head(
          `Content-Length: ${random.pick(['-1', '+5', '1e3', '0x10', '99999999999999999999', '', '5, 5', ' '])}`,
        ),
        body,
      )
    case 5:
      return ended('an immense length', head('Content-Length: 9007199254740991'), body)
    case 6:
      return ended('two lengths', head(length, `Content-Length: ${body.length + 1}`), body)
    case 7:
      return ended('length and chunks', head(length, 'Transfer-Encoding: chunked'), chunked(random, body))
    case 8:
      return ended(
        'chunks and length',
        head('Transfer-Encoding: chunked', 'Content-Length: 3'),
        chunked(random, body),
      )
    case 9:
      return ended(
        'other encodings',
        head(`Transfer-Encoding: ${random.pick(['gzip', 'gzip, chunked', 'x', 'chunked, x'])}`),
        body,
      )
    case 10:
      return ended(
        'broken chunks',
        head('Transfer-Encoding: chunked'),
        breakChunks(random, chunked(random, body)),
      )
    case 11:
      return ended('no length', head(), body)
    case 12:
      return ended(
        'bare line feeds',
        Buffer.from(head(length).toString('latin1').replaceAll('\r', ''), 'latin1'),
        body,
      )
    case 13:
      return ended('a NUL in a header', head(length, 'X-Nul: a\0b'), body)
    case 14:
      return ended('a folded header', head('X-Folded: a\r\n b', length), body)
    case 15:
      return ended(
        'a giant header',
        head(length, `X-Giant: ${'x'.repeat(20_000 + random.below(100_000))}`),
        body,
      )
    case 16:
      return ended('many headers', head(...Array.from({ length: 3000 }, (_, i) => `X${i}: 1`), length), body)
    case 17:
      return ended(
        'odd headers',
        head(length, random.pick(['no colon', ': no name', 'a b: c', 'é: 1', 'X:\tÿ', '__proto__: 1'])),
        body,
      )
    case 18:
      return ended(
        'HTTP/1.0',
        Buffer.from(head(length).toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'), 'latin1'),
        body,
      )
    case 19:
      return ended(
        'another protocol',
        Buffer.from(
          random.pick([
            'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
            '\x16\x03\x01\x02\x00\x01',
            'EHLO x\r\n',
            '\r\n\r\n\r\n',
            '*1\r\n$4\r\nPING\r\n',
          ]),
        ),
        body,
      )
    case 20:
      return ended(
        'hosts',
        Buffer.from(
          head(length)
            .toString('latin1')
            .replace(
              'Host: x\r\n',
              random.pick(['', 'Host: x\r\nHost: y\r\n', 'Host: \r\n', 'Host: a b\r\n']),
            ),
          'latin1',
        ),
        body,
      )
    case 21:
      return ended(
        'upgrades',
        head(
          length,
          `Connection: Upgrade${random.pick([', close', ''])}`,
          `Upgrade: ${random.pick(['websocket', 'h2c'])}`,
        ),
        body,
      )
    case 22:
      return { ...ended('and is gone', head(length), body), after: 'cut' }
    default: {
      const whole = Buffer.concat([head(length), body])
      return { ...ended('cut in the middle', whole.subarray(0, random.below(whole.length))), after: 'cut' }
    }
  }
}

function chunked(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const size = 1 + random.below(random.pick([10, 500, body.length]))
    const chunk = body.subarray(at, at + size)
    const extension = random.chance(0.1) ? ';name="value"' : ''
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'))
    at += size
    // many small ones would be slow to send
    if (parts.length > 60) {
      const rest = body.subarray(at)
      if (rest.length > 0)
        parts.push(Buffer.from(`${rest.length.toString(16)}\r\n`), rest, Buffer.from('\r\n'))
      break
    }
  }
  parts.push(Buffer.from(random.chance(0.9) ? '0\r\n\r\n' : '0\r\nX-Trailer: 1\r\n\r\n'))
  return Buffer.concat(parts)
}

function breakChunks(random: Random, chunks: Buffer): Buffer {
  const text = chunks.toString('latin1')
  const broken = random.pick([
    text.slice(0, random.below(text.length)),
    `-${text}`,
    `ffffffffffffffff\r\n${text}`,
    `0x${text}`,
    text.replace('\r\n', '\n'),
    text.replace('\r\n', '\r\n\r\n'),
    text.replace('0\r\n\r\n', 'x\r\n\r\n'),
    text.replace('\r\n', `;${'x'.repeat(20_000)}\r\n`),
  ])
  return Buffer.from(broken, 'latin1')
}
