import { BACKSLASH, QUOTE } from './byte-scan.ts'

const ALL_ONES = 0x01010101
const ALL_HIGH = 0x80808080 | 0
const QUOTES = QUOTE * ALL_ONES
const BACKSLASHES = BACKSLASH * ALL_ONES
const BLANKS = 0x20 * ALL_ONES
const WORD = 4

/** Text of blocks, of which four bytes are looked at in one step. */
export class ScannedText {
  readonly bytes: Buffer
  readonly #words: DataView

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get length(): number {
    return this.bytes.length
  }

  /** Four bytes from `at` on, of which there must be so many. */
  word(at: number): number {
    return this.#words.getInt32(at, true)
  }

  /** The quote that ends a string whose plain part begins at `from`; -1 where a backslash or a control character does. */
  plainEnd(from: number): number {
    const at = this.skipPlain(from)
    return this.bytes[at] === QUOTE ? at : -1
  }

  /** The first byte from `from` on that stands for more than itself in a string: a quote, a backslash, a control character. */
  skipPlain(from: number): number {
    let at = from
    for (const last = this.length - WORD; at <= last && !hasEnd(this.word(at));) at += WORD
    while (at < this.length && !isEnd(this.bytes[at] as number)) at += 1
    return at
  }
}

/** Bytes that are looked for at one place. */
export class Literal {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #words: Int32Array

  constructor(text: string) {
    this.#bytes = Uint8Array.from(Buffer.from(text))
    this.length = this.#bytes.length
    const view = new DataView(this.#bytes.buffer)
    // the last one may overlap
    this.#words = Int32Array.from({ length: Math.ceil(this.length / WORD) }, (_, i) =>
      this.length < WORD ? 0 : view.getInt32(Math.min(i * WORD, this.length - WORD), true),
    )
  }

  standsIn(text: ScannedText, at: number): boolean {
    const { length } = this
    if (at < 0 || at + length > text.length) return false
    if (length < WORD) return this.#standsByBytes(text, at)
    const last = this.#words.length - 1
    for (let i = 0; i < last; i += 1) if (text.word(at + i * WORD) !== this.#words[i]) return false
    return text.word(at + length - WORD) === this.#words[last]
  }

  #standsByBytes({ bytes }: ScannedText, at: number): boolean {
    for (let i = 0; i < this.length; i += 1) if (bytes[at + i] !== this.#bytes[i]) return false
    return true
  }
}

/**
 * Whether one of four bytes ends the plain part of a string. A byte of x is zero where the same byte of
 * (x - 0x01010101) & ~x & 0x80808080 is not, which is right for the lowest one at least; likewise, it is less than 32
 * with 0x20202020 (Anderson, Bit Twiddling Hacks, "Determine if a word has a byte less than n").
 */
function hasEnd(word: number): boolean {
  const quote = word ^ QUOTES
  const backslash = word ^ BACKSLASHES
  const found =
    (((quote - ALL_ONES) | 0) & ~quote) |
    (((backslash - ALL_ONES) | 0) & ~backslash) |
    (((word - BLANKS) | 0) & ~word)
  return (found & ALL_HIGH) !== 0
}

function isEnd(byte: number): boolean {
  return byte === QUOTE || byte === BACKSLASH || byte < 32
}
