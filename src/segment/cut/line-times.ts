import { parseRfc3339 } from '../../event/time.ts'
import { COLON, DASH, digits, POINT } from './byte-scan.ts'
import { TIME_LENGTH } from '../line-form.ts'
import type { ScannedText } from './scanned-text.ts'

const LETTER_T = 84
const LETTER_Z = 90

/** `2016-01-01T00:00`, in words of four bytes. */
const MINUTE_WORDS = 4

/** Times of one kind, of which those that follow one another are mostly of one minute. */
export class LineTimes {
  readonly #minute = new Int32Array(MINUTE_WORDS)
  /** NaN: none is known. */
  #minuteMs = NaN

  /** Milliseconds since 1970 of the time that stands there in the form of formatTime; NaN: none does. */
  at(text: ScannedText, at: number): number {
    const { bytes } = text
    if (at + TIME_LENGTH > bytes.length || !hasMarks(bytes, at)) return NaN
    if (!this.#isSameMinute(text, at)) this.#noteMinute(text, at)
    const second = digits(bytes, at + 17, at + 19)
    return second < 60 ? this.#minuteMs + second * 1000 + digits(bytes, at + 20, at + 23) : NaN
  }

  #isSameMinute(text: ScannedText, at: number): boolean {
    for (let i = 0; i < MINUTE_WORDS; i += 1) if (text.word(at + i * 4) !== this.#minute[i]) return false
    return true
  }

  #noteMinute(text: ScannedText, at: number): void {
    for (let i = 0; i < MINUTE_WORDS; i += 1) this.#minute[i] = text.word(at + i * 4)
    const minute = text.bytes.toString('latin1', at, at + MINUTE_WORDS * 4)
    this.#minuteMs = parseRfc3339(`${minute}:00.000Z`) ?? NaN
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
