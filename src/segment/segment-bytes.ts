/** The bytes of a segment's object, wherever it lies. */
export interface SegmentBytes {
  /** All of it, in pieces. */
  read(): Promise<AsyncIterable<Uint8Array>>
  /** Exactly `lengthBytes` from `offset` on. */
  readRange(offset: number, lengthBytes: number): Promise<Uint8Array>
}

const RANGE_BYTES = 4 * 1024 * 1024

/** A part of it in pieces, each by a request of its own, the next one on its way while one is used. */
export async function* readRanges(bytes: SegmentBytes, from: number, to: number): AsyncGenerator<Uint8Array> {
  const request = (offset: number): Promise<Uint8Array> | null => {
    if (offset >= to) return null
    const piece = bytes.readRange(offset, Math.min(RANGE_BYTES, to - offset))
    // one that fails is told when its turn comes
    piece.catch(() => {})
    return piece
  }
  let next = request(from)
  for (let offset = from; next !== null;) {
    const piece = await next
    offset += RANGE_BYTES
    next = request(offset)
    yield piece
  }
}
