import { quote } from '../../event/exact-json.ts'
import { int32At, type BsonBuffer } from './bson-buffer.ts'
import { ARRAY, BOOLEAN, DOUBLE, INT32, INT64, NULL, OBJECT, STRING } from './bson-types.ts'

/** More than the bytes by which an element can outgrow its text: type, index, NUL, length or 8 bytes of number. */
const ELEMENT_BYTES = 40
/** Quotes behind the text, which end any loop in a text that is none. */
const END_BYTES = 4
const SOURCE_BYTES = 64 * 1024
const KEPT_SOURCE_BYTES = 1024 * 1024

/** Decimal integers of so many digits are exact as a double, and are told apart by it. */
const EXACT_DIGITS = 15
const POWERS_OF_10 = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent)
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** The characters behind a backslash that JSON.stringify writes, and what they stand for; `u` is not among them. */
const ESCAPES = new Uint8Array(256)
for (const [letter, char] of Object.entries({
  '"': '"',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  ESCAPES[letter.charCodeAt(0)] = char.charCodeAt(0)
}

/**
 * JSON text made into BSON without objects in between: keys keep their order and their names, whatever they
 * are, and integers of 64 bits their value. The text is one that an event holds (exact-json.ts).
 *
 * Each method tells whether the result is *faithful*: bson-to-json.ts makes the very same text of it. Only
 * numbers can be unfaithful (1.0, 1E2, thirty digits); they are written as the nearest double.
 */
export class JsonToBson {
  readonly #out: BsonBuffer
  /** The text in UTF-8: bytes are faster to look through than a string, and are copied as they are. */
  #source = Buffer.allocUnsafeSlow(SOURCE_BYTES)
  #length = 0
  #at = 0
  #faithful = true

  constructor(out: BsonBuffer) {
    this.#out = out
  }

  /** The text of an object as a document. Throws DOCUMENT_TOO_LARGE. */
  document(text: string): boolean {
    return this.#read(text, true)
  }

  /** The members of an object into the document that is being written. */
  members(text: string): boolean {
    return this.#read(text, false)
  }

  #read(text: string, wrapped: boolean): boolean {
    this.#load(text)
    this.#out.room(this.#length + ELEMENT_BYTES)
    this.#at = 0
    this.#faithful = true
    if (wrapped) this.#object()
    else this.#members()
    if (this.#at !== this.#length) this.#refuse()
    if (this.#source.length > KEPT_SOURCE_BYTES) this.#source = Buffer.allocUnsafeSlow(SOURCE_BYTES)
    return this.#faithful
  }

  #refuse(): never {
    throw new Error(`not JSON as an event holds it, at byte ${this.#at}`)
  }

  #load(text: string): void {
    if (text.length * 3 + END_BYTES > this.#source.length) {
      const needed = Buffer.byteLength(text) + END_BYTES
      if (needed > this.#source.length) this.#source = Buffer.allocUnsafeSlow(needed)
    }
    this.#length = this.#source.write(text)
    this.#source.fill(34, this.#length, this.#length + END_BYTES)
  }

  #object(): void {
    const start = this.#out.at
    this.#out.at = start + 4
    this.#members()
    this.#out.close(start)
  }

  #members(): void {
    const out = this.#out
    this.#at += 1
    if (this.#source[this.#at] === 125) {
      this.#at += 1
      return
    }
    for (;;) {
      out.room(this.#length - this.#at + ELEMENT_BYTES)
      const typeAt = out.at
      out.at = typeAt + 1
      this.#characters()
      out.bytes[out.at] = 0
      out.at += 1
      this.#at += 1
      this.#value(typeAt)
      const code = this.#source[this.#at]
      this.#at += 1
      if (code !== 44) return
    }
  }

  #array(): void {
    const out = this.#out
    const start = out.at
    out.at = start + 4
    this.#at += 1
    if (this.#source[this.#at] === 93) {
      this.#at += 1
      out.close(start)
      return
    }
    for (let index = 0; ; index += 1) {
      out.room(this.#length - this.#at + ELEMENT_BYTES)
      const typeAt = out.at
      out.at = typeAt + 1
      this.#index(index)
      this.#value(typeAt)
      const code = this.#source[this.#at]
      this.#at += 1
      if (code !== 44) break
    }
    out.close(start)
  }

  #index(index: number): void {
    const out = this.#out
    let digits = 1
    for (let rest = index; rest >= 10; rest = (rest / 10) | 0) digits += 1
    let rest = index
    for (let at = out.at + digits - 1; at >= out.at; at -= 1) {
      out.bytes[at] = 48 + (rest % 10)
      rest = (rest / 10) | 0
    }
    out.bytes[out.at + digits] = 0
    out.at += digits + 1
  }

  #value(typeAt: number): void {
    if (this.#at >= this.#length) this.#refuse()
    const out = this.#out
    const code = this.#source[this.#at]
    let type: number
    if (code === 34) {
      type = STRING
      const start = out.at
      out.at = start + 4
      this.#characters()
      out.close(start)
      // unlike a document's, a string's length does not count itself
      int32At(out.bytes, start, out.at - start - 4)
    } else if (code === 123) {
      type = OBJECT
      this.#object()
    } else if (code === 91) {
      type = ARRAY
      this.#array()
    } else if (code === 110) {
      type = NULL
      this.#at += 4
    } else if (code === 116 || code === 102) {
      type = BOOLEAN
      this.#at += code === 116 ? 4 : 5
      out.bytes[out.at] = code === 116 ? 1 : 0
      out.at += 1
    } else {
      type = this.#number()
    }
    out.bytes[typeAt] = type
  }

  /** What stands between two quotes. */
  #characters(): void {
    const source = this.#source
    const { bytes } = this.#out
    let from = this.#at + 1
    let to = this.#out.at
    for (;;) {
      let code = source[from] as number
      if (code === 34) break
      if (code === 92) {
        from += 1
        code = ESCAPES[source[from] as number] as number
        if (code === 0) return this.#parsedCharacters()
      }
      bytes[to] = code
      from += 1
      to += 1
    }
    this.#at = from + 1
    this.#out.at = to
  }

  /** The same for the few strings that hold `\u`. */
  #parsedCharacters(): void {
    const start = this.#at
    let end = start + 1
    while (this.#source[end] !== 34) end += this.#source[end] === 92 ? 2 : 1
    const text = this.#source.toString('utf8', start, end + 1)
    const value = JSON.parse(text) as string
    if (quote(value) !== text) this.#faithful = false
    this.#out.at += this.#out.bytes.write(value, this.#out.at)
    this.#at = end + 1
  }

  /** Its type. */
  #number(): number {
    const source = this.#source
    const start = this.#at
    let at = start
    const negative = source[at] === 45
    if (negative) at += 1
    let digits = -at
    let value = 0
    let code = source[at] as number
    while (code >= 48 && code <= 57) {
      value = value * 10 + code - 48
      at += 1
      code = source[at] as number
    }
    digits += at
    if (code !== 46 && code !== 69 && code !== 101) {
      if (digits > EXACT_DIGITS) return this.#longInteger(at)
      this.#at = at
      return this.#integer(negative ? -value : value)
    }
    if (code === 46) {
      const point = at
      at += 1
      code = source[at] as number
      while (code >= 48 && code <= 57) {
        value = value * 10 + code - 48
        at += 1
        code = source[at] as number
      }
      const decimals = at - point - 1
      // a plain decimal that JavaScript writes the same way, and whose quotient is the nearest double
      if (
        digits + decimals <= EXACT_DIGITS &&
        code !== 69 &&
        code !== 101 &&
        source[at - 1] !== 48 &&
        value >= (POWERS_OF_10[decimals] as number) * 1e-6
      ) {
        this.#at = at
        const absolute = value / (POWERS_OF_10[decimals] as number)
        this.#out.double(negative ? -absolute : absolute)
        return DOUBLE
      }
    }
    while ((code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || (code | 32) === 101) {
      at += 1
      code = source[at] as number
    }
    return this.#otherNumber(at)
  }

  #integer(value: number): number {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.#out.int32(value)
      return INT32
    }
    if (value === 0) {
      this.#out.double(-0)
      return DOUBLE
    }
    this.#out.int64(value)
    return INT64
  }

  #longInteger(end: number): number {
    const value = BigInt(this.#source.toString('latin1', this.#at, end))
    if (value < INT64_MIN || value > INT64_MAX) return this.#otherNumber(end)
    this.#at = end
    this.#out.bigint(value)
    return INT64
  }

  #otherNumber(end: number): number {
    const text = this.#source.toString('latin1', this.#at, end)
    this.#at = end
    const value = Number(text)
    if (String(value) !== text) this.#faithful = false
    this.#out.double(value)
    return DOUBLE
  }
}
