import { promisify } from 'node:util'
import { constants, crc32, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { cutLines } from './cut-lines.ts'
import { hex32 } from './json-file.ts'
import { lineFilter, type LineChoice } from './line-choice.ts'
import type { LineTable } from './line-table.ts'
import type { Block } from './manifest.ts'

const inflate = promisify(inflateRaw)

/** More than a block has, so that zlib needs no second buffer to see that nothing follows. */
const ROOM_BYTES = 64

/** What a block has to hold, and which of its lines are asked for. */
export interface BlockRequest extends Pick<Block, 'textBytes' | 'events' | 'crc32'> {
  choice: LineChoice
}

/** A block that does not hold what was written; its message says what it does hold. */
export class BlockDamage extends Error {}

/** A block's lines, its text proved to be what was written. Inflates on the thread pool. Rejects with BlockDamage. */
export async function unpackOnPool(bytes: Uint8Array, request: BlockRequest): Promise<LineTable> {
  return provedLines(await inflate(bytes, options(request)).catch(cannotInflate), request)
}

/** The same in this thread. Throws BlockDamage. */
export function unpackHere(bytes: Uint8Array, request: BlockRequest): LineTable {
  let text
  try {
    text = inflateRawSync(bytes, options(request))
  } catch (error) {
    return cannotInflate(error as Error)
  }
  return provedLines(text, request)
}

function options({ textBytes }: BlockRequest): ZlibOptions {
  const sizeBytes = textBytes + ROOM_BYTES
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

function provedLines(text: Buffer<ArrayBuffer>, request: BlockRequest): LineTable {
  const { textBytes, events, crc32: expected, choice } = request
  if (text.length !== textBytes)
    throw new BlockDamage(`it holds ${text.length} bytes of text, not ${textBytes}`)
  const found = crc32(text)
  if (found !== expected) throw new BlockDamage(`its text has CRC-32 ${hex32(found)}, not ${hex32(expected)}`)
  const lines = cutLines(text, lineFilter(choice))
  if (choice === null && lines.count !== events)
    throw new BlockDamage(`it holds ${lines.count} events, not ${events}`)
  return lines
}
