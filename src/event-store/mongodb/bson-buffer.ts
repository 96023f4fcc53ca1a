/** MongoDB takes no document beyond this. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

const BLOCK_BYTES = 256 * 1024
/** A shorter text is written faster by a loop than by a call into Node. */
const SHORT_TEXT = 48
/** For the elements of a fixed size that come next. */
const ROOM_BEHIND_TEXT = 128
/** Worth counting the bytes of. */
const LONG_TEXT = 16 * 1024

const TWO_32 = 0x1_0000_0000
const bigints = new BigInt64Array(1)
/** Low half first: Node runs on little-endian machines only. */
const bigintHalves = new Uint32Array(bigints.buffer)
const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

/** Thrown when a document has outgrown MAX_DOCUMENT_BYTES on the way, so that nobody buffers many times that. */
export const DOCUMENT_TOO_LARGE = new RangeError('a document of more than 16 MiB')

/** Bytes that grow at their end. `room` comes first, then writes that trust it; `at` may be set directly. */
export class BsonBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  /** Where the next byte goes. */
  at = 0
  /** Where the document that is being written starts. */
  documentAt = 0

  /** Sees to it that `count` more bytes fit. Throws DOCUMENT_TOO_LARGE. */
  room(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(count)
  }

  #grow(count: number): void {
    if (this.at - this.documentAt > MAX_DOCUMENT_BYTES) throw DOCUMENT_TOO_LARGE
    const larger = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, 2 * (this.at + count)))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  /** What was written since the last call, not copied; it is not written to again. */
  take(): Buffer {
    const { bytes, at } = this
    // the next batch will be about as large
    const next = at + (at >>> 2)
    this.bytes =
      bytes.length - at >= Math.max(next, BLOCK_BYTES >>> 2)
        ? bytes.subarray(at)
        : Buffer.allocUnsafeSlow(Math.max(next, BLOCK_BYTES))
    this.at = 0
    this.documentAt = 0
    return bytes.subarray(0, at)
  }

  /** The length of the document (or array) that started at `start` and ends here with its NUL. */
  close(start: number): void {
    const { bytes } = this
    bytes[this.at] = 0
    this.at += 1
    int32At(bytes, start, this.at - start)
  }

  copy(from: Uint8Array): void {
    const { bytes, at } = this
    const { length } = from
    for (let i = 0; i < length; i += 1) bytes[at + i] = from[i] as number
    this.at = at + length
  }

  int32(value: number): void {
    int32At(this.bytes, this.at, value)
    this.at += 4
  }

  /** Both halves as unsigned or signed 32 bits. */
  halves(low: number, high: number): void {
    int32At(this.bytes, this.at, low)
    int32At(this.bytes, this.at + 4, high)
    this.at += 8
  }

  /** An int64 of a number that holds it exactly. */
  int64(value: number): void {
    const high = Math.floor(value / TWO_32)
    this.halves(value - high * TWO_32, high)
  }

  bigint(value: bigint): void {
    bigints[0] = value
    this.halves(bigintHalves[0] as number, bigintHalves[1] as number)
  }

  double(value: number): void {
    const { bytes, at } = this
    double[0] = value
    for (let i = 0; i < 8; i += 1) bytes[at + i] = doubleBytes[i] as number
    this.at = at + 8
  }

  /** A BSON string: length, UTF-8, NUL. Makes its own room, and leaves some for what has a fixed size. */
  string(text: string): void {
    const { length } = text
    this.room((length < LONG_TEXT ? 3 * length : Buffer.byteLength(text)) + ROOM_BEHIND_TEXT)
    const { bytes } = this
    const start = this.at + 4
    let end = start
    if (length <= SHORT_TEXT) {
      for (; end - start < length; end += 1) {
        const code = text.charCodeAt(end - start)
        if (code > 127) break
        bytes[end] = code
      }
    }
    if (end - start < length) end = start + bytes.write(text, start)
    bytes[end] = 0
    int32At(bytes, start - 4, end - start + 1)
    this.at = end + 1
  }
}

export function int32At(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
