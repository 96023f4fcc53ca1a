import { QUOTE } from './byte-scan.ts'
import { Literal, type ScannedText } from './scanned-text.ts'

const COLON = 58
/** Behind one member: payloads whose names are data are better parsed. */
const MOST_NEXT = 16
/** In all. */
const MOST_MEMBERS = 4096
/** So many texts of a member are looked at to say whether they repeat. */
const LOOKED_AT = 256

/** A member of a payload, behind those that were in front of it: payloads that begin alike share their first members. */
export class Member {
  readonly name: string
  /** As it stands in front of its value. */
  readonly literal: Literal
  readonly next: Member[] = []
  /** Its texts come again and again, by all that is known. */
  isRepeated = true
  readonly #before: Member | null
  #texts = 0
  #new = 0

  constructor(name: string, before: Member | null = null) {
    this.name = name
    this.literal = new Literal(`"${name}":`)
    this.#before = before
  }

  /** Names of all members up to this one. */
  names(): string[] {
    return this.#before === null ? [] : [...this.#before.names(), this.name]
  }

  /** One of its texts was seen before, or is new. */
  noteText(isNew: boolean): void {
    this.#texts += 1
    if (isNew) this.#new += 1
    if (this.#texts < LOOKED_AT) return
    // looked at anew all the time: what repeats where a log begins may be each event's own later
    this.isRepeated = this.#new < LOOKED_AT / 2
    this.#texts = 0
    this.#new = 0
  }
}

/** Members that were seen in payloads. */
export class Members {
  readonly first = new Member('')
  #count = 0

  /** No more are noted. */
  get isFull(): boolean {
    return this.#count >= MOST_MEMBERS
  }

  /** The one whose name stands at `at`, behind `before`; null: its name is not plain, or too many are known. */
  behind(before: Member, text: ScannedText, at: number): Member | null {
    const { next } = before
    for (let i = 0; i < next.length; i += 1) {
      const member = next[i] as Member
      if (member.literal.standsIn(text, at)) return member
    }
    return next.length === MOST_NEXT || this.isFull ? null : this.#note(before, text, at)
  }

  #note(before: Member, text: ScannedText, at: number): Member | null {
    const { bytes } = text
    if (bytes[at] !== QUOTE) return null
    const end = text.plainEnd(at + 1)
    if (end === -1 || bytes[end + 1] !== COLON) return null
    const name = bytes.toString('latin1', at + 1, end)
    // would be no member, where one is made by assignment
    if (name === '__proto__') return null
    const member = new Member(name, before)
    before.next.push(member)
    this.#count += 1
    return member
  }
}
