import { promisify } from 'node:util'
import { constants, crc32, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { cutLines } from './cut/cut-lines.ts'
import { hex32 } from './json-file.ts'
import { lineFilter, type LineChoice } from './line-choice.ts'
import type { LineTable } from './line-table.ts'
import type { Block } from './manifest.ts'

const inflate = promisify(inflateRaw)

/** More than the blocks have, so that zlib needs no second buffer to see that nothing follows. */
const ROOM_BYTES = 64

/** Which lines are asked for, and what of them. */
export interface LinesAsked {
  choice: LineChoice
  /** Payloads will be decoded. */
  isDecoded: boolean
}

/** What a block has to hold. */
export type BlockText = Pick<Block, 'textBytes' | 'events' | 'crc32'>

/** Blocks that follow one another. */
export interface UnpackRequest extends LinesAsked {
  blocks: readonly BlockText[]
}

/** Blocks that do not hold what was written; its message says, for one block, what it does hold. */
export class BlockDamage extends Error {}

/**
 * The lines of blocks, each proved to be what was written. Inflates on the thread pool. Rejects with BlockDamage. Payloads
 * are not cut into their values: for who does that and decodes them, JSON.parse alone is faster.
 */
export async function unpackOnPool(bytes: Uint8Array, request: UnpackRequest): Promise<LineTable> {
  return provedLines(await inflate(bytes, options(request)).catch(cannotInflate), request, false)
}

/** The same in this thread, for another one, which is spared the work of decoding. Throws BlockDamage. */
export function unpackHere(bytes: Uint8Array, request: UnpackRequest): LineTable {
  let text
  try {
    text = inflateRawSync(bytes, options(request))
  } catch (error) {
    return cannotInflate(error as Error)
  }
  return provedLines(text, request, request.isDecoded)
}

function options({ blocks }: UnpackRequest): ZlibOptions {
  const sizeBytes = sum(blocks, 'textBytes') + ROOM_BYTES
  return {
    // a block is not the end of its gzip member
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: sizeBytes,
    maxOutputLength: sizeBytes,
  }
}

function cannotInflate(error: Error): never {
  throw new BlockDamage(`it cannot be inflated: ${error.message}`)
}

function provedLines(
  text: Buffer<ArrayBuffer>,
  { blocks, choice }: UnpackRequest,
  hasValues: boolean,
): LineTable {
  const textBytes = sum(blocks, 'textBytes')
  if (text.length !== textBytes)
    throw new BlockDamage(`it holds ${text.length} bytes of text, not ${textBytes}`)
  proveTexts(text, blocks)
  const lines = cutLines(text, { wanted: lineFilter(choice), hasValues })
  const events = sum(blocks, 'events')
  if (choice === null && lines.count !== events)
    throw new BlockDamage(`it holds ${lines.count} events, not ${events}`)
  return lines
}

function sum(blocks: readonly BlockText[], of: 'textBytes' | 'events'): number {
  return blocks.reduce((total, block) => total + block[of], 0)
}

function proveTexts(text: Buffer, blocks: readonly BlockText[]): void {
  let from = 0
  for (const { textBytes, crc32: expected } of blocks) {
    const found = crc32(text.subarray(from, from + textBytes))
    if (found !== expected)
      throw new BlockDamage(`its text has CRC-32 ${hex32(found)}, not ${hex32(expected)}`)
    from += textBytes
  }
}
