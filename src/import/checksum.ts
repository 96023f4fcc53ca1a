import { crc32 } from 'node:zlib'

/**
 * CRC-32 of a source's bytes up to a record's end. A resume reads past what is stored already, and by this
 * sum it knows that it is still the same source.
 */
export class PrefixChecksum {
  /** Bytes summed up so far. */
  offset: number
  value: number
  /** Bytes pushed so far, from the start of the source. */
  pushedTo: number
  #chunks: Buffer[] = []

  constructor(offset = 0, value = 0) {
    this.offset = offset
    this.value = value
    this.pushedTo = offset
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.pushedTo += chunk.length
  }

  /** The sum of the first `offset` bytes; offsets must grow, and lie within what was pushed. */
  advanceTo(offset: number): number {
    while (this.offset < offset) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) throw new RangeError(`${offset} lies beyond what was read`)
      const part = chunk.subarray(0, offset - this.offset)
      this.value = crc32(part, this.value)
      this.offset += part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    return this.value
  }
}
