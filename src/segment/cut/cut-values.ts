import { isAscii } from 'node:buffer'
import {
  BACKSLASH,
  CLOSE_BRACE,
  COMMA,
  DASH,
  nestedEnd,
  OPEN_BRACE,
  OPEN_BRACKET,
  POINT,
  QUOTE,
  stringEnd,
  ZERO,
} from './byte-scan.ts'
import { type Member, Members } from './payload-member.ts'
import { RepeatedTexts } from './repeated-texts.ts'
import { Literal, type ScannedText } from './scanned-text.ts'
import { ValueList } from './value-list.ts'
import * as table from '../value-table.ts'

const UPPER_E = 69
const LOWER_E = 101

const LITERALS = table.LITERALS.map((literal) => new Literal(String(literal)))
/** So many digits are exact as a number, and so is each of these powers: one divided by the other is rounded once. */
const MOST_DIGITS = 15
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, n) => 10 ** n)
/** Longer texts are seldom repeated. */
const LONGEST_REPEATED = 64

/**
 * Cuts payloads as Demetra writes them, without blanks, into the values of their members. What takes more than a glance
 * is left to JSON.parse: values that are not plain, payloads with letters beyond ASCII, and all that is no JSON.
 */
export class ValueCutter {
  readonly #texts = new RepeatedTexts()
  #members = new Members()
  #shapeOf = new Int32Array(0)
  #startOf = new Int32Array(0)
  #shapes: string[][] = []
  /** Where the shapes noted since `begin` are, by their last member. */
  #shapeIndexes = new Map<Member, number>()
  readonly #values = new ValueList()
  /** Of the payload at hand, left to the parser. */
  #jsonBytes = 0
  #isAllAscii = true

  /** For so many lines of one text; `isAllAscii`: they have no letters beyond ASCII. */
  begin(lines: number, isAllAscii: boolean): void {
    this.#texts.begin()
    if (this.#members.isFull) this.#members = new Members()
    this.#shapeOf = new Int32Array(lines).fill(table.NOT_CUT)
    this.#startOf = new Int32Array(lines)
    this.#shapes = []
    this.#shapeIndexes = new Map()
    this.#values.length = 0
    this.#isAllAscii = isAllAscii
  }

  /** The payload of a line whose event has this type, from its first brace to behind its last. */
  cut(line: number, type: string, text: ScannedText, start: number, end: number): void {
    if (!this.#isAllAscii && !isAscii(text.bytes.subarray(start, end))) return
    const startOf = this.#values.length
    this.#jsonBytes = 0
    const last = this.#cutMembers(this.#members.root(type), text, start, end)
    // where most of it is left to the parser, all is parsed as fast
    if (last === null || this.#jsonBytes * 2 > end - start) {
      this.#values.length = startOf
      return
    }
    this.#startOf[line] = startOf
    this.#shapeOf[line] = this.#shapeIndex(last)
  }

  /** Of the lines since `begin`. */
  table(): table.ValueTable {
    return {
      shapeOf: this.#shapeOf,
      startOf: this.#startOf,
      shapes: this.#shapes,
      ...this.#values.copies(),
      texts: this.#texts.numbered,
    }
  }

  /** The last member; null: it is to be parsed. */
  #cutMembers(root: Member, text: ScannedText, start: number, end: number): Member | null {
    const { bytes } = text
    let member = root
    let at = start + 1
    if (bytes[start] !== OPEN_BRACE) return null
    if (bytes[at] === CLOSE_BRACE) return at + 1 === end ? member : null
    for (;;) {
      const next = this.#members.behind(member, text, at)
      if (next === null) return null
      member = next
      at = this.#cutValue(member, text, at + member.literal.length, start, end)
      if (at === -1) return null
      const byte = bytes[at]
      at += 1
      if (byte === CLOSE_BRACE) return at === end ? member : null
      if (byte !== COMMA) return null
    }
  }

  /** Behind the value that begins at `at`; -1: the payload is to be parsed. */
  #cutValue(member: Member, text: ScannedText, at: number, start: number, end: number): number {
    const { bytes } = text
    const byte = bytes[at] as number
    if (byte === QUOTE) return this.#cutString(member, text, at, start)
    if (byte === DASH || (byte >= ZERO && byte <= ZERO + 9)) return this.#cutNumber(bytes, at, start)
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET)
      return this.#cutJson(at, nestedEnd(bytes, at, end), start)
    for (let i = 0; i < LITERALS.length; i += 1) {
      const literal = LITERALS[i] as Literal
      if (!literal.standsIn(text, at)) continue
      this.#values.add(table.LITERAL, i)
      return at + literal.length
    }
    return -1
  }

  #cutString(member: Member, text: ScannedText, at: number, start: number): number {
    const { bytes } = text
    const from = at + 1
    const to = text.skipPlain(from)
    if (bytes[to] === BACKSLASH) return this.#cutJson(at, stringEnd(bytes, to) + 1, start)
    if (bytes[to] !== QUOTE) return -1
    if (member.isRepeated && to - from <= LONGEST_REPEATED) {
      const { made } = this.#texts
      this.#values.add(table.REPEATED, this.#texts.numberOf(text, from, to))
      member.noteText(this.#texts.made > made)
    } else this.#values.addPart(table.TEXT, from - start, to - from)
    return to + 1
  }

  #cutNumber(text: Buffer, at: number, start: number): number {
    const isNegative = text[at] === DASH
    const from = isNegative ? at + 1 : at
    let value = 0
    let to = from
    let pointAt = -1
    for (let byte = text[to] as number; ; byte = text[to] as number) {
      if (byte >= ZERO && byte <= ZERO + 9) value = value * 10 + (byte - ZERO)
      else if (byte === POINT && pointAt === -1) pointAt = to
      else break
      to += 1
    }
    const decimals = pointAt === -1 ? 0 : to - pointAt - 1
    const hasZero = text[from] === ZERO && to - from > 1 && pointAt !== from + 1
    if (hasZero || to === from || pointAt === from || pointAt === to - 1) return -1
    if (text[to] === LOWER_E || text[to] === UPPER_E || to - from > MOST_DIGITS)
      return this.#cutJson(at, numberEnd(text, to), start)
    if (decimals > 0) value /= POWERS[decimals] as number
    this.#values.add(table.NUMBER, isNegative ? -value : value)
    return to
  }

  /** `to`: 0 or less, where no end was found. */
  #cutJson(at: number, to: number, start: number): number {
    if (to <= 0) return -1
    this.#values.addPart(table.JSON_TEXT, at - start, to - at)
    this.#jsonBytes += to - at
    return to
  }

  #shapeIndex(last: Member): number {
    const known = this.#shapeIndexes.get(last)
    if (known !== undefined) return known
    this.#shapeIndexes.set(last, this.#shapes.length)
    return this.#shapes.push(last.names()) - 1
  }
}

/** Behind the rest of a number that may have an exponent. */
function numberEnd(text: Buffer, from: number): number {
  let at = from
  while (text[at] !== COMMA && text[at] !== CLOSE_BRACE && at < text.length) at += 1
  return at
}
