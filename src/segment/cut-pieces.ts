/**
 * Cuts a stream of bytes into pieces of given lengths, wherever its chunks end; without a copy where a piece lies in
 * one chunk. What follows them comes as further pieces, and a stream that is too short ends in a shorter one.
 */
export async function* cutPieces(
  chunks: AsyncIterable<Uint8Array>,
  lengths: readonly number[],
): AsyncGenerator<Uint8Array> {
  let next = 0
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    heldBytes += chunk.length
    for (let length = lengths[next]; length !== undefined && heldBytes >= length; length = lengths[next]) {
      const bytes = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held, heldBytes)
      held = [bytes.subarray(length)]
      heldBytes -= length
      next += 1
      yield bytes.subarray(0, length)
    }
    if (next === lengths.length && heldBytes > 0) {
      yield Buffer.concat(held, heldBytes)
      held = []
      heldBytes = 0
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes)
}
