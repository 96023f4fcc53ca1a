import { COLON, QUOTE } from './byte-scan.ts'
import { Literal, type ScannedText } from './scanned-text.ts'

/** Behind one member: payloads whose names are data are better parsed. */
const MOST_NEXT = 16
/** Of one payload: one with more is as fast to parse. */
const MOST_DEPTH = 16
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
  /** How many are in front of it. */
  readonly depth: number
  readonly #before: Member | null
  #texts = 0
  #new = 0

  constructor(name: string, before: Member | null = null) {
    this.name = name
    this.literal = new Literal(`"${name}":`)
    this.depth = before === null ? 0 : before.depth + 1
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

/** Members that were seen in payloads of each type. */
export class Members {
  readonly #roots = new Map<string, Member>()
  #count = 0

  /** No more are noted. */
  get isFull(): boolean {
    return this.#count >= MOST_MEMBERS
  }

  /** In front of all members of the payloads of this type. */
  root(type: string): Member {
    let root = this.#roots.get(type)
    if (root === undefined) {
      root = new Member('')
      this.#roots.set(type, root)
      this.#count += 1
    }
    return root
  }

  /** The one whose name stands at `at`, behind `before`; null: its name is not plain, or there are too many. */
  behind(before: Member, text: ScannedText, at: number): Member | null {
    const { next } = before
    for (let i = 0; i < next.length; i += 1) {
      const member = next[i] as Member
      if (member.literal.standsIn(text, at)) return member
    }
    if (next.length === MOST_NEXT || before.depth === MOST_DEPTH || this.isFull) return null
    return this.#note(before, text, at)
  }

  #note(before: Member, text: ScannedText, at: number): Member | null {
    const { bytes } = text
    if (bytes[at] !== QUOTE) return null
    const end = text.plainEnd(at + 1)
    if (end === -1 || bytes[end + 1] !== COLON) return null
    const name = bytes.toString('latin1', at + 1, end)
    // assignment may make another thing of it than a member
    if (name in Object.prototype) return null
    const member = new Member(name, before)
    before.next.push(member)
    this.#count += 1
    return member
  }
}
