import { createHash } from 'node:crypto'
import { pause } from '../../pause.ts'
import { objectChanged, objectShort } from '../object-errors.ts'
import { isChangedBody, isPassing } from './errors.ts'
import type { S3Body } from './requests.ts'

/** A line that breaks so often, and brings next to nothing in between, is no line. */
const MOST_FAILURES = 5
const PROGRESS_BYTES = 64 * 1024

/**
 * The bytes of an object. Where the line breaks they go on from where they are; in the end their number, and where it
 * was written with one their SHA-256, are compared.
 *
 * @param reopen the same object from a byte on; with patience of its own
 */
export async function* readPieces(
  { url, key }: { url: string; key: string },
  whole: S3Body,
  reopen: (offset: number) => Promise<S3Body>,
  firstPauseMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { sizeBytes, sha256 } = whole
  const hash = createHash('sha256')
  let have = 0
  for (let failures = 0, { body } = whole; ;) {
    const from = have
    try {
      for await (const piece of body as AsyncIterable<Uint8Array>) {
        have += piece.length
        hash.update(piece)
        yield piece
      }
      break
    } catch (error) {
      if (isChangedBody(error)) throw objectChanged(url, key, error)
      failures = have - from < PROGRESS_BYTES ? failures + 1 : 1
      if (!isPassing(error) || failures > MOST_FAILURES) throw error
    }
    if (have === sizeBytes) break
    await pause(firstPauseMs * 2 ** failures)
    body = (await reopen(have)).body
  }
  if (have !== sizeBytes) throw objectShort(url, key, sizeBytes, have)
  const isWhole = sha256 === undefined || isOfParts(sha256) || hash.digest('base64') === sha256
  if (!isWhole) throw objectChanged(url, key)
}

/** Made of the checksums of the parts that it was uploaded in. */
export function isOfParts(sha256: string): boolean {
  return sha256.includes('-')
}
