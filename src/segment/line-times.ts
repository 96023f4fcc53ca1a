import { parseRfc3339 } from '../event/time.ts'
import { DASH, digits } from './byte-scan.ts'
import { TIME_LENGTH } from './line-form.ts'

const COLON = 58
const POINT = 46
const LETTER_T = 84
const LETTER_Z = 90

/** Times of one kind, of which those that follow one another are mostly of one day. */
export class LineTimes {
  #day = -1
  #dayMs = 0

  /** Milliseconds since 1970 of the time that stands there in the form of formatTime; NaN: none does. */
  at(text: Buffer, at: number): number {
    const day =
      digits(text, at, at + 4) * 10_000 + digits(text, at + 5, at + 7) * 100 + digits(text, at + 8, at + 10)
    const hour = digits(text, at + 11, at + 13)
    const minute = digits(text, at + 14, at + 16)
    const second = digits(text, at + 17, at + 19)
    const ms = digits(text, at + 20, at + 23)
    if (!hasMarks(text, at) || !(hour < 24 && minute < 60 && second < 60 && ms >= 0)) return NaN
    const timeOfDayMs = ((hour * 60 + minute) * 60 + second) * 1000 + ms
    if (day !== this.#day) {
      const time = parseRfc3339(text.toString('latin1', at, at + TIME_LENGTH))
      if (time === null) return NaN
      this.#day = day
      this.#dayMs = time - timeOfDayMs
    }
    return this.#dayMs + timeOfDayMs
  }
}

/** What stands between the numbers. */
function hasMarks(text: Buffer, at: number): boolean {
  return (
    text[at + 4] === DASH &&
    text[at + 7] === DASH &&
    text[at + 10] === LETTER_T &&
    text[at + 13] === COLON &&
    text[at + 16] === COLON &&
    text[at + 19] === POINT &&
    text[at + 23] === LETTER_Z
  )
}
