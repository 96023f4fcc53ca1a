import type { IncomingMessage } from 'node:http'
import type { HeldBytes } from './bytes-in-hand.ts'
import { HttpError } from './http-error.ts'
import type { ServerLimits } from './limits.ts'
import { contentEncoding, unpacked } from './packed-body.ts'

type BodyLimits = Pick<ServerLimits, 'bodyBytes' | 'unpackedBytes' | 'packedFrames'>
type Pieces = AsyncGenerator<Buffer, void, undefined>

/**
 * A request's body, unpacked, in pieces, as they are asked for. A packed one is proven to its end before its first piece
 * comes: its checksum stands behind what it proves. It is kept packed for that, counted by `held`, and unpacked twice.
 *
 * @throws HttpError 413: too large, packed or unpacked; 415: packed in another way; 400: it cannot be unpacked; 503: no
 *   room to keep it
 */
export async function* provenPieces(request: IncomingMessage, limits: BodyLimits, held: HeldBytes): Pieces {
  const encoding = contentEncoding(request)
  if (encoding === null) return yield* wirePieces(request, limits)
  const packed: Buffer[] = []
  const kept = async function* (): Pieces {
    for await (const piece of wirePieces(request, limits)) {
      held.addPacked(piece.length)
      packed.push(piece)
      yield piece
    }
  }
  for await (const _ of limited(
    unpacked(kept(), encoding, limits.packedFrames),
    limits.unpackedBytes,
    UNPACKED,
  ));
  yield* unpacked(whilePresent(request, packed), encoding, limits.packedFrames)
}

/** The whole of it, unpacked; `held` counts it. Throws as `provenPieces` does. */
export async function wholeBody(
  request: IncomingMessage,
  limits: BodyLimits & Pick<ServerLimits, 'eventBytes'>,
  held: HeldBytes,
): Promise<Buffer> {
  // more than an event may have is read for nothing
  const bodyBytes = Math.min(limits.bodyBytes, limits.eventBytes)
  const unpackedBytes = Math.min(limits.unpackedBytes, limits.eventBytes)
  const encoding = contentEncoding(request)
  const sent = wirePieces(request, { bodyBytes })
  const pieces: Buffer[] = []
  for await (const piece of encoding === null
    ? sent
    : limited(unpacked(sent, encoding, limits.packedFrames), unpackedBytes, UNPACKED)) {
    held.add(piece.length)
    pieces.push(piece)
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}

/** Most clients read an answer when all is sent; a body beyond this is cut off, answer or not. */
const DISCARDED_BYTES = 256 * 1024 * 1024

/** Takes the rest of a body that was answered before its end, so that the client comes to read the answer. */
export function discardRest(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return
  let bytes = 0
  request.on('error', () => undefined)
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes > DISCARDED_BYTES) request.destroy()
  })
  request.resume()
}

/** As it comes. Left alone by who stops reading: the answer is still to go out on this connection. */
async function* wirePieces(request: IncomingMessage, { bodyBytes }: Pick<BodyLimits, 'bodyBytes'>): Pieces {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge(bodyBytes)
  try {
    yield* limited(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, bodyBytes)
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw aborted('The request ended before its body did')
  }
}

/** What was read, as long as somebody waits for the answer. */
function* whilePresent(request: IncomingMessage, pieces: readonly Buffer[]): Generator<Buffer> {
  for (const piece of pieces) {
    if (request.socket.destroyed) throw aborted('The client has gone before its answer')
    yield piece
  }
}

function aborted(message: string): HttpError {
  return new HttpError(400, 'DEMETRA_REQUEST_ABORTED', message)
}

const UNPACKED = ', unpacked,'

async function* limited(pieces: AsyncIterable<Buffer>, limitBytes: number, how = ''): Pieces {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > limitBytes) throw tooLarge(limitBytes, how)
    yield piece
  }
}

function tooLarge(limitBytes: number, how = ''): HttpError {
  return new HttpError(413, 'DEMETRA_BODY_TOO_LARGE', `The body has${how} more than ${limitBytes} bytes`, {
    hints: ['Send fewer events at a time'],
  })
}
