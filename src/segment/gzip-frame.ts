/** RFC 1952: deflate, no name, no time (so that the same events give the same bytes), unknown system. */
export const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** A final block of deflate with nothing in it, CRC-32, length. */
export const GZIP_TRAILER_BYTES = 10

/** What ends the member: `crc32` and length are those of all its text. */
export function gzipTrailer(crc32: number, textBytes: number): Uint8Array {
  const trailer = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  trailer.writeUInt32LE(crc32, 2)
  trailer.writeUInt32LE(textBytes % 2 ** 32, 6)
  return trailer
}
