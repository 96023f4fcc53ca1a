import type { IncomingMessage } from 'node:http'
import { DecodeFault, Decoder } from '../import/decoder.ts'
import type { HeldBytes } from './bytes-in-hand.ts'
import { HttpError } from './http-error.ts'
import type { ServerLimits } from './limits.ts'

type BodyLimits = Pick<ServerLimits, 'bodyBytes' | 'unpackedBytes'>

const ENCODINGS = ['gzip', 'zstd'] as const

/**
 * A request's body, unpacked, in pieces, as they are asked for.
 *
 * @throws HttpError 413: too large, packed or unpacked; 415: packed in another way; 400: it cannot be unpacked
 */
export async function* bodyPieces(
  request: IncomingMessage,
  { bodyBytes, unpackedBytes }: BodyLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const encoding = contentEncoding(request)
  if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge('', bodyBytes)
  const pieces = limited(wirePieces(request), bodyBytes, '')
  if (encoding === null) yield* pieces
  else yield* limited(unpacked(pieces, encoding), unpackedBytes, ', unpacked,')
}

/** The whole of it; `held` counts it. */
export async function wholeBody(
  request: IncomingMessage,
  limits: BodyLimits & Pick<ServerLimits, 'eventBytes'>,
  held: HeldBytes,
): Promise<Buffer> {
  // more than an event may have is read for nothing
  const bodyBytes = Math.min(limits.bodyBytes, limits.eventBytes)
  const unpackedBytes = Math.min(limits.unpackedBytes, limits.eventBytes)
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of bodyPieces(request, { bodyBytes, unpackedBytes })) {
    bytes += piece.length
    held.set(bytes)
    pieces.push(piece)
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}

/** Most clients read an answer when all is sent; a body beyond this is cut off, answer or not. */
const DISCARDED_BYTES = 256 * 1024 * 1024

/** Takes the rest of a body that was answered before its end, so that the client comes to read the answer. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  let bytes = 0
  request.on('error', () => undefined)
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes > DISCARDED_BYTES) request.destroy()
  })
  request.resume()
}

function contentEncoding({ headers }: IncomingMessage): 'gzip' | 'zstd' | null {
  const said = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (said === 'identity' || said === '') return null
  const known = ENCODINGS.find((name) => name === said)
  if (known !== undefined) return known
  throw new HttpError(415, 'DEMETRA_CONTENT_ENCODING', 'The body is packed in a way that is not taken', {
    hints: [`Content-Encoding is ${ENCODINGS.join(' or ')}, or left out`],
  })
}

/** Left alone by who stops reading: the answer is still to go out on this connection. */
async function* wirePieces(request: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) yield piece as Buffer
  } catch {
    throw new HttpError(400, 'DEMETRA_REQUEST_ABORTED', 'The request ended before its body did')
  }
}

async function* limited(
  pieces: AsyncIterable<Buffer>,
  limitBytes: number,
  how: string,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > limitBytes) throw tooLarge(how, limitBytes)
    yield piece
  }
}

async function* unpacked(
  pieces: AsyncIterable<Buffer>,
  encoding: 'gzip' | 'zstd',
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new Decoder(encoding)
  try {
    for await (const piece of pieces) yield* decoder.feed(piece)
    yield* decoder.end()
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error
    throw new HttpError(400, 'DEMETRA_BODY_DAMAGED', `The body is not the ${encoding} that its header says`, {
      hints: [error.truncated ? 'it is cut short' : 'Content-Encoding says how a body is packed'],
    })
  } finally {
    decoder.close()
  }
}

function tooLarge(how: string, limitBytes: number): HttpError {
  return new HttpError(413, 'DEMETRA_BODY_TOO_LARGE', `The body has${how} more than ${limitBytes} bytes`, {
    hints: ['Send fewer events at a time'],
  })
}
