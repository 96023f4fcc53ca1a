const SLOTS = 256
/** Longer names are rare and not worth keeping. */
const LONGEST_BYTES = 64

/**
 * Strings out of bytes for names that repeat, like services and types: each is made once, which saves the time
 * and the memory of a string for every event. Of two names that share a slot the later one stays.
 */
export class NameCache {
  readonly #bytes: (Uint8Array | undefined)[] = Array.from({ length: SLOTS })
  readonly #names: string[] = Array.from({ length: SLOTS }, () => '')

  /** The string that the UTF-8 from `start` to `end` says. */
  text(source: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > LONGEST_BYTES || length < 1) return source.toString('utf8', start, end)
    let hash = length
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (source[at] as number)) | 0
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1)
    const known = this.#bytes[slot]
    if (known !== undefined && known.length === length && same(known, source, start))
      return this.#names[slot] as string
    const name = source.toString('utf8', start, end)
    this.#bytes[slot] = Uint8Array.from(source.subarray(start, end))
    this.#names[slot] = name
    return name
  }
}

function same(known: Uint8Array, source: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.length; i += 1) if (known[i] !== source[start + i]) return false
  return true
}
