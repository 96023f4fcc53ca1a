import type { IncomingMessage } from 'node:http'
import { HttpError } from './http-error.ts'

/** The whole body as text. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new HttpError(413, 'DEMETRA_BODY_TOO_LARGE', `The body has more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new HttpError(400, 'DEMETRA_INVALID_UTF_8', 'The body is not valid UTF-8')
  }
}
