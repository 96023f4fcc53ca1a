import { createHash } from 'node:crypto'
import { cutPieces } from './cut-pieces.ts'
import { GZIP_HEADER, GZIP_TRAILER_BYTES } from './gzip-frame.ts'
import type { Block, Manifest } from './manifest.ts'
import { readRanges, type SegmentBytes } from './segment-bytes.ts'
import { damagedSegment } from './segment-error.ts'

export interface BlockBytes {
  block: Block
  bytes: Uint8Array
}

/**
 * The bytes of `blocks`, which follow one another. Of all that a segment has the whole object is read, and its SHA-256
 * checked at the end.
 */
export async function* blockBytes(
  manifest: Manifest,
  bytes: SegmentBytes,
  blocks: readonly Block[],
): AsyncGenerator<BlockBytes> {
  const first = blocks[0]
  const last = blocks.at(-1)
  if (first === undefined || last === undefined) return
  const isWhole = blocks.length === manifest.blocks.length
  const lengths = blocks.map((block) => block.length)
  const end = last.offset + last.length
  const expectedBytes = isWhole ? manifest.gzipBytes : end - first.offset
  const pieces = isWhole
    ? cutPieces(await bytes.read(), [GZIP_HEADER.length, ...lengths, GZIP_TRAILER_BYTES])
    : cutPieces(readRanges(bytes, first.offset, end), lengths)
  const sha256 = createHash('sha256')
  let sizeBytes = 0
  let next = isWhole ? -1 : 0
  for await (const piece of pieces) {
    if (isWhole) sha256.update(piece)
    sizeBytes += piece.length
    const block = blocks[next]
    next += 1
    if (block !== undefined && piece.length === block.length) yield { block, bytes: piece }
  }
  if (sizeBytes !== expectedBytes)
    throw damagedSegment(manifest, `${sizeBytes} bytes of it were read, not ${expectedBytes}`)
  if (!isWhole) return
  const found = sha256.digest()
  if (found.compare(manifest.sha256) !== 0)
    throw damagedSegment(
      manifest,
      `its SHA-256 is ${found.toString('hex')}, not ${Buffer.from(manifest.sha256).toString('hex')}`,
    )
}
