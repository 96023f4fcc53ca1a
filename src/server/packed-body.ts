import type { IncomingMessage } from 'node:http'
import { DecodeFault, Decoder, TooManyFrames } from '../import/decoder.ts'
import { HttpError } from './http-error.ts'

const ENCODINGS = ['gzip', 'zstd'] as const

type Encoding = (typeof ENCODINGS)[number]

/** How a request's body is packed; null: it is not. Throws HttpError, 415. */
export function contentEncoding({ headers }: IncomingMessage): Encoding | null {
  const said = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (said === 'identity' || said === '') return null
  const known = ENCODINGS.find((name) => name === said)
  if (known !== undefined) return known
  throw new HttpError(415, 'DEMETRA_CONTENT_ENCODING', 'The body is packed in a way that is not taken', {
    hints: [`Content-Encoding is ${ENCODINGS.join(' or ')}, or left out`],
  })
}

/**
 * What `pieces` unpack to, several gzip members or zstd frames among them. What comes out is proven when all is through,
 * zstd as far as its frames carry a checksum: they need not.
 *
 * @throws HttpError 400: it is not packed so, damaged, cut short, or followed by something else; 413: in more than
 *   `mostFrames` members or frames
 */
export async function* unpacked(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  encoding: Encoding,
  mostFrames: number,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new Decoder(encoding, mostFrames)
  try {
    for await (const piece of pieces) yield* decoder.feed(piece)
    yield* decoder.end()
  } catch (error) {
    if (error instanceof TooManyFrames) throw tooManyFrames(mostFrames)
    if (!(error instanceof DecodeFault)) throw error
    throw damaged(encoding, error)
  } finally {
    decoder.close()
  }
}

function tooManyFrames(mostFrames: number): HttpError {
  return new HttpError(
    413,
    'DEMETRA_BODY_TOO_LARGE',
    `The body has more than ${mostFrames} members of gzip or frames of zstd`,
    { hints: ['Pack all of it in one'] },
  )
}

function damaged(encoding: Encoding, { truncated }: DecodeFault): HttpError {
  const message = truncated
    ? `The body is cut short: it is not the whole of its ${encoding}`
    : `The body is damaged, or not the ${encoding} that its header says`
  return new HttpError(400, 'DEMETRA_BODY_DAMAGED', message, {
    hints: ['Nothing of it was taken: pack the same events again, and send them'],
  })
}
