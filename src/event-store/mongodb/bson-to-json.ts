import { ARRAY, BOOLEAN, DOUBLE, INT32, INT64, NULL, OBJECT, STRING } from './bson-types.ts'
import { int32From, typeName } from './bson-types.ts'

/** More than the bytes by which the text of an element can outgrow it: a double has up to 25 characters. */
const ELEMENT_BYTES = 40
const TEXT_BYTES = 64 * 1024
const KEPT_TEXT_BYTES = 1024 * 1024
const TWO_32 = 0x1_0000_0000

const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

const HEX = '0123456789abcdef'
const UNICODE_ESCAPE = 117
/** By byte: 0, or what JSON.stringify puts behind a backslash for it; `u` for the rest below a blank. */
const ESCAPES = new Uint8Array(256)
ESCAPES.fill(UNICODE_ESCAPE, 0, 32)
for (const char of ['"', '\\', '\b', '\f', '\n', '\r', '\t'])
  ESCAPES[char.charCodeAt(0)] = JSON.stringify(char).charCodeAt(2)

/**
 * BSON as json-to-bson.ts writes it made into JSON text again, without objects in between. The text is built as
 * bytes: strings are copied as they are, and the whole becomes a string in one call. Throws an Error at a type
 * that JSON has not: a person's hand was there.
 */
export class BsonToJson {
  #source: Uint8Array = new Uint8Array(0)
  /** Next byte of the source, and where it ends. */
  #from = 0
  #end = 0
  #text = Buffer.allocUnsafeSlow(TEXT_BYTES)
  /** Next byte of the text. */
  #to = 0
  /** All bytes of the strings, or-ed: above 127 where any is not ASCII. */
  #seen = 0

  /** The text of the document that starts at `start`. */
  document(source: Uint8Array, start: number): string {
    this.begin(source, start + int32From(source, start))
    this.#from = start
    this.#container(OBJECT)
    return this.#finish()
  }

  /** Begins the text of an object whose elements are given one by one, all before `end`. */
  begin(source: Uint8Array, end: number): void {
    this.#source = source
    this.#end = end
    this.#to = 0
    this.#seen = 0
  }

  /** Adds the element at `at`. Returns where the next one is. */
  member(at: number): number {
    this.#from = at
    this.#room()
    this.#put(this.#to === 0 ? 123 : 44)
    this.#member()
    return this.#from
  }

  /** The text of the elements given; null where there was none. */
  endMembers(): string | null {
    if (this.#to === 0) return null
    this.#put(125)
    return this.#finish()
  }

  #finish(): string {
    const text =
      this.#seen < 128 ? this.#text.toString('latin1', 0, this.#to) : this.#text.toString('utf8', 0, this.#to)
    if (this.#text.length > KEPT_TEXT_BYTES) this.#text = Buffer.allocUnsafeSlow(TEXT_BYTES)
    return text
  }

  /** Enough for the rest as it is, and for what the next element adds. */
  #room(): void {
    const needed = this.#to + this.#end - this.#from + ELEMENT_BYTES
    if (needed <= this.#text.length) return
    const larger = Buffer.allocUnsafeSlow(needed * 2)
    this.#text.copy(larger, 0, 0, this.#to)
    this.#text = larger
  }

  #put(byte: number): void {
    this.#text[this.#to] = byte
    this.#to += 1
  }

  #container(type: number): void {
    this.#put(type === OBJECT ? 123 : 91)
    this.#from += 4
    for (let first = true; this.#source[this.#from] !== 0; first = false) {
      this.#room()
      if (!first) this.#put(44)
      if (type === OBJECT) this.#member()
      else this.#item()
    }
    this.#from += 1
    this.#put(type === OBJECT ? 125 : 93)
  }

  #member(): void {
    const elementAt = this.#from
    this.#from = elementAt + 1
    this.#quoted(this.#endOfKey())
    this.#from += 1
    this.#put(58)
    this.#value(elementAt)
  }

  #item(): void {
    const elementAt = this.#from
    this.#from = this.#endOfKey() + 1
    this.#value(elementAt)
  }

  #endOfKey(): number {
    let end = this.#from
    while (this.#source[end] !== 0 && end < this.#end) end += 1
    return end
  }

  #value(elementAt: number): void {
    const type = this.#source[elementAt] as number
    switch (type) {
      case STRING: {
        const end = this.#from + 3 + int32From(this.#source, this.#from)
        this.#from += 4
        this.#quoted(end)
        this.#from = end + 1
        return
      }
      case INT32:
        this.#integer(int32From(this.#source, this.#from))
        this.#from += 4
        return
      case DOUBLE:
        for (let i = 0; i < 8; i += 1) doubleBytes[i] = this.#source[this.#from + i] as number
        this.#from += 8
        this.#double(double[0] as number, elementAt)
        return
      case BOOLEAN:
        this.#word(this.#source[this.#from] === 0 ? 'false' : 'true')
        this.#from += 1
        return
      case NULL:
        this.#word('null')
        return
      case OBJECT:
      case ARRAY:
        this.#container(type)
        return
      case INT64:
        this.#int64()
        return
      default:
        throw new Error(`JSON has no ${typeName(type)}, as the member ${this.#key(elementAt)} is`)
    }
  }

  /** A string up to `end`, in quotes. */
  #quoted(end: number): void {
    const source = this.#source
    let text = this.#text
    let to = this.#to
    let seen = 0
    text[to] = 34
    to += 1
    for (let from = this.#from; from < end; from += 1) {
      const byte = source[from] as number
      const escape = ESCAPES[byte] as number
      if (escape === 0) {
        seen |= byte
        text[to] = byte
        to += 1
        continue
      }
      this.#from = from
      this.#to = to
      this.#room()
      text = this.#text
      text[to] = 92
      text[to + 1] = escape
      to += 2
      if (escape === UNICODE_ESCAPE) {
        text[to] = 48
        text[to + 1] = 48
        text[to + 2] = 48 + (byte >> 4)
        text[to + 3] = HEX.charCodeAt(byte & 15)
        to += 4
      }
    }
    text[to] = 34
    this.#from = end
    this.#to = to + 1
    this.#seen |= seen
  }

  #integer(value: number): void {
    if (value >= 0 && value < 10) this.#put(48 + value)
    else this.#word(String(value))
  }

  #int64(): void {
    const low = int32From(this.#source, this.#from) >>> 0
    const high = int32From(this.#source, this.#from + 4)
    this.#from += 8
    const value = high * TWO_32 + low
    const exact = Number.isSafeInteger(value)
    this.#word(exact ? String(value) : String((BigInt(high) << 32n) | BigInt(low)))
  }

  #double(value: number, elementAt: number): void {
    if (!Number.isFinite(value))
      throw new Error(`JSON has no ${value}, as the member ${this.#key(elementAt)} is`)
    this.#word(Object.is(value, -0) ? '-0' : String(value))
  }

  /** Adds ASCII. */
  #word(word: string): void {
    const text = this.#text
    const to = this.#to
    for (let i = 0; i < word.length; i += 1) text[to + i] = word.charCodeAt(i)
    this.#to = to + word.length
  }

  #key(elementAt: number): string {
    this.#from = elementAt + 1
    return JSON.stringify(Buffer.from(this.#source.subarray(elementAt + 1, this.#endOfKey())).toString())
  }
}
