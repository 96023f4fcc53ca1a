import { Literal, type ScannedText } from './scanned-text.ts'

const SLOTS = 4096
const WORD = 4
/** The golden ratio, for multiplicative hashing (Knuth, The Art of Computer Programming 3, section 6.4). */
const GOLDEN = 0x9e3779b1

interface Known {
  text: string
  literal: Literal
  /** After which `begin` it was numbered last. */
  round: number
  number: number
}

/**
 * Texts out of bytes that come again and again: each is made once, and numbered in the order in which it comes first
 * after `begin`. Of those that share a slot, or the one beside it, the two that came last stay.
 */
export class RepeatedTexts {
  /** By number. */
  numbered: string[] = []
  /** How many had to be made. */
  made = 0
  readonly #known: (Known | null)[] = Array.from({ length: SLOTS }, () => null)
  #round = 0

  begin(): void {
    this.#round += 1
    this.numbered = []
  }

  /** The number of the text that the UTF-8 from `start` to `end` says. */
  numberOf(source: ScannedText, start: number, end: number): number {
    const slot = slotOf(source, start, end)
    const known = this.#at(slot, source, start, end) ?? this.#at(slot ^ 1, source, start, end)
    if (known === null) return this.#make(slot, source, start, end)
    if (known.round !== this.#round) this.#number(known)
    return known.number
  }

  /** The one in this slot, where it is that text. */
  #at(slot: number, source: ScannedText, start: number, end: number): Known | null {
    const known = this.#known[slot] as Known | null
    return known?.literal.length === end - start && known.literal.standsIn(source, start) ? known : null
  }

  #make(slot: number, { bytes }: ScannedText, start: number, end: number): number {
    const text = bytes.toString('utf8', start, end)
    const known = { text, literal: new Literal(text), round: 0, number: 0 }
    const before = this.#known[slot] as Known | null
    if (before !== null) this.#known[slot ^ 1] = before
    this.#known[slot] = known
    this.made += 1
    this.#number(known)
    return known.number
  }

  #number(known: Known): void {
    known.round = this.#round
    known.number = this.numbered.push(known.text) - 1
  }
}

function slotOf(source: ScannedText, start: number, end: number): number {
  let hash = end - start
  let at = start
  for (; at + WORD <= end; at += WORD) hash = Math.imul(hash ^ source.word(at), GOLDEN)
  for (; at < end; at += 1) hash = Math.imul(hash ^ (source.bytes[at] as number), GOLDEN)
  return hash >>> 20
}
