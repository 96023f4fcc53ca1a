import type { ByteInput } from './byte-input.ts'
import { Decoder, type Compression } from './decoder.ts'

const PIECE_BYTES = 256 * 1024

/**
 * Decodes packed data to its end and drops what comes out: its checksum stands behind what it proves. Ends early, without
 * a word, when `signal` is aborted. Throws DecodeFault, and what `onPiece` throws, which is called after each piece.
 */
export async function provePacked(
  compression: Exclude<Compression, 'none'>,
  input: ByteInput,
  signal: AbortSignal | undefined,
  onPiece: () => void | Promise<void>,
): Promise<void> {
  const decoder = new Decoder(compression)
  try {
    input.restart(0)
    for (let piece = await input.read(PIECE_BYTES); piece !== null; piece = await input.read(PIECE_BYTES)) {
      for await (const _ of decoder.feed(piece));
      if (signal?.aborted === true) return
      await onPiece()
    }
    for await (const _ of decoder.end());
  } catch (error) {
    if (signal?.aborted !== true) throw error
  } finally {
    decoder.close()
  }
}
