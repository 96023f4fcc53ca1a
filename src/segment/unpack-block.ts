import { promisify } from 'node:util'
import { constants, crc32, gunzip, gunzipSync, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { cutLines } from './cut-lines.ts'
import { GZIP_HEADER, gzipTrailer } from './gzip-frame.ts'
import { hex32 } from './json-file.ts'
import { lineFilter, type LineChoice } from './line-choice.ts'
import type { LineTable } from './line-table.ts'
import type { Block } from './manifest.ts'

const unzip = promisify(gunzip)

/** More than a block has, so that zlib needs no second buffer to see that nothing follows. */
const ROOM_BYTES = 64

/** What a block has to hold, and which of its lines are asked for. */
export interface BlockRequest extends Pick<Block, 'textBytes' | 'events' | 'crc32'> {
  choice: LineChoice
}

/** A block that does not hold what was written; its message says what it does hold. */
export class BlockDamage extends Error {}

/** A block's lines, its text proved to be what was written. Unzips on the thread pool. Rejects with BlockDamage. */
export async function unpackOnPool(bytes: Uint8Array, request: BlockRequest): Promise<LineTable> {
  const text = await unzip(member(bytes, request), options(request)).catch((error: Error) => {
    throw damage(bytes, request, error)
  })
  return cut(text, request)
}

/** The same in this thread. Throws BlockDamage. */
export function unpackHere(bytes: Uint8Array, request: BlockRequest): LineTable {
  let text
  try {
    text = gunzipSync(member(bytes, request), options(request))
  } catch (error) {
    throw damage(bytes, request, error as Error)
  }
  return cut(text, request)
}

/** A block as a gzip member of its own, so that it is zlib who proves CRC-32 and length while it inflates. */
function member(bytes: Uint8Array, { crc32: expected, textBytes }: BlockRequest): Uint8Array {
  return Buffer.concat([GZIP_HEADER, bytes, gzipTrailer(expected, textBytes)])
}

function options({ textBytes }: BlockRequest): ZlibOptions {
  const sizeBytes = textBytes + ROOM_BYTES
  return { chunkSize: sizeBytes, maxOutputLength: sizeBytes }
}

/** What is wrong with a block that zlib refused for `reason`. */
function damage(bytes: Uint8Array, request: BlockRequest, reason: Error): BlockDamage {
  const { textBytes, crc32: expected } = request
  let text
  try {
    // a block is not the end of its gzip member
    text = inflateRawSync(bytes, { ...options(request), finishFlush: constants.Z_SYNC_FLUSH })
  } catch (error) {
    return new BlockDamage(`it cannot be inflated: ${(error as Error).message}`)
  }
  if (text.length !== textBytes)
    return new BlockDamage(`it holds ${text.length} bytes of text, not ${textBytes}`)
  const found = crc32(text)
  if (found !== expected)
    return new BlockDamage(`its text has CRC-32 ${hex32(found)}, not ${hex32(expected)}`)
  return new BlockDamage(`it cannot be unzipped: ${reason.message}`)
}

function cut(text: Buffer<ArrayBuffer>, { events, choice }: BlockRequest): LineTable {
  const table = cutLines(text, lineFilter(choice))
  if (choice === null && table.lines !== events)
    throw new BlockDamage(`it holds ${table.lines} events, not ${events}`)
  return table
}
