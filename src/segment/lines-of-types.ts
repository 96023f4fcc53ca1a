import { quote } from '../event/exact-json.ts'
import { NameCache } from '../event/name-cache.ts'
import { stringEnd } from './cut/byte-scan.ts'
import * as form from './line-form.ts'
import { eachLine, lineEnd, NEWLINE, type VisitLine } from './lines.ts'
import type { Manifest } from './manifest.ts'

/** Where there are few kinds and few events of what is wanted, going through the text for each is fastest. */
const MOST_SEARCHES = 4
const LARGEST_SHARE = 0.1

/** Lines of some types. */
export interface TypeChoice {
  /** As they stand between the quotes. */
  typeTexts: readonly string[]
  /** There are so few that each is searched for. */
  isRare: boolean
}

/** Of the wanted types, those that the segment has, and how many of its events are of these. */
export function chooseTypes(
  types: readonly string[],
  manifest: Manifest,
): { choice: TypeChoice; events: number } {
  const wanted = new Set(types)
  const present = manifest.types.filter(({ type }) => wanted.has(type))
  const events = present.reduce((sum, { events: count }) => sum + count, 0)
  const isRare = present.length <= MOST_SEARCHES && events <= manifest.events * LARGEST_SHARE
  return { choice: { typeTexts: present.map(({ type }) => quote(type).slice(1, -1)), isRare }, events }
}

const names = new NameCache()

/**
 * Finds the lines of wanted types in the text of a block, without parsing it. In each line the type has one place, in
 * front of all that is free to hold anything but the service: only what stands there counts.
 */
export class LinesOfTypes {
  readonly #searched: Buffer[] | null
  readonly #texts: Set<string>

  constructor({ typeTexts, isRare }: TypeChoice) {
    this.#texts = new Set(typeTexts)
    this.#searched = isRare ? typeTexts.map((text) => Buffer.from(form.TYPE + text + form.CREATED_AT)) : null
  }

  eachLine(text: Buffer, visit: VisitLine): void {
    if (this.#searched === null) this.#look(text, visit)
    else this.#search(text, this.#searched, visit)
  }

  /** Looks at the type of each line. */
  #look(text: Buffer, visit: VisitLine): void {
    eachLine(text, (start, end) => {
      const typeAt = serviceEnd(text, start) + form.TYPE.length
      const type = names.text(text, typeAt, stringEnd(text, typeAt))
      if (this.#texts.has(type)) visit(start, end)
    })
  }

  /** Searches for each type, with what stands around it: first in a line is always its own. */
  #search(text: Buffer, searched: readonly Buffer[], visit: VisitLine): void {
    const found = searched.map((each) => text.indexOf(each))
    for (;;) {
      let first = -1
      for (const at of found) if (at !== -1 && (first === -1 || at < first)) first = at
      if (first === -1) return
      const start = text.lastIndexOf(NEWLINE, first) + 1
      const end = lineEnd(text, first)
      // it may also stand in a payload
      if (serviceEnd(text, start) === first) visit(start, end)
      for (const [i, each] of searched.entries())
        if (found[i] !== -1 && (found[i] as number) < end) found[i] = text.indexOf(each, end)
    }
  }
}

const POSITION_AT = form.ID.length + form.UUID_LENGTH + form.POSITION.length

/** The quote at the end of the service, behind which the type stands. */
function serviceEnd(text: Buffer, start: number): number {
  const positionEnd = stringEnd(text, start + POSITION_AT)
  return stringEnd(text, positionEnd + form.SERVICE.length)
}
