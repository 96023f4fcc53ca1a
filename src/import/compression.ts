import { Decoder, DecodeFault, type Compression } from './decoder.ts'
import type { ByteInput } from './byte-input.ts'

/** How many first bytes `compressionOf` wants to see. */
export const MAGIC_BYTES = 4

/** Compressed bytes are read in pieces of this size. */
const PIECE_BYTES = 64 * 1024

/** Told by the first bytes, never by the name. */
export function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.length < MAGIC_BYTES) return 'none'
  const magic = head.readUInt32LE(0)
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none'
}

/**
 * Decompresses `head` and what follows it in `input`. Every byte that can be decoded is yielded before
 * DecodeFault is thrown. zlib keeps to itself what the failing call had decoded (up to 256 KiB), so a
 * corrupt file is decoded a second time, the last stretch byte by byte; of a corrupt pipe, which cannot be
 * read again, that last stretch is lost.
 */
export async function* decompress(
  compression: Exclude<Compression, 'none'>,
  head: Buffer,
  input: ByteInput,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new Decoder(compression)
  let outputBytes = 0
  try {
    for (let piece: Buffer | null = head; piece !== null; piece = await input.read(PIECE_BYTES)) {
      for await (const output of decoder.feed(piece)) {
        outputBytes += output.length
        yield output
      }
    }
    for await (const output of decoder.end()) {
      outputBytes += output.length
      yield output
    }
  } catch (fault) {
    if (!(fault instanceof DecodeFault) || fault.truncated || !input.seekable) throw fault
    yield* salvage(compression, input, fault, outputBytes)
    throw fault
  } finally {
    decoder.close()
  }
}

/** Decodes again from the start, drops `outputBytes`, and yields what comes between them and the fault. */
async function* salvage(
  compression: Exclude<Compression, 'none'>,
  input: ByteInput,
  fault: DecodeFault,
  outputBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new Decoder(compression)
  let toDrop = outputBytes
  try {
    input.restart(0)
    for (let left = fault.inputOffset; ;) {
      const piece = await input.read(left > 0 ? Math.min(left, PIECE_BYTES) : PIECE_BYTES)
      if (piece === null) return
      const stepBytes = left > 0 ? piece.length : 1
      left = Math.max(left - piece.length, 0)
      for (let from = 0; from < piece.length; from += stepBytes) {
        for await (const output of decoder.feed(piece.subarray(from, from + stepBytes))) {
          if (toDrop < output.length) yield output.subarray(toDrop)
          toDrop = Math.max(toDrop - output.length, 0)
        }
      }
    }
  } finally {
    decoder.close()
  }
}
