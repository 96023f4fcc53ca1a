import { NameCache } from '../event/name-cache.ts'
import { parseRfc3339 } from '../event/time.ts'
import * as form from './line-form.ts'
import { isPosition, SegmentEvent } from './segment-event.ts'

const QUOTE = 34
const BACKSLASH = 92
const DASH = 45
const COLON = 58
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const ID = bytes(form.ID)
const POSITION = bytes(form.POSITION)
const SERVICE = bytes(form.SERVICE)
const TYPE = bytes(form.TYPE)
const CREATED_AT = bytes(form.CREATED_AT)
const RECEIVED_AT = bytes(form.RECEIVED_AT)
const AGGREGATE = bytes(form.AGGREGATE)
const CORRELATION = bytes(form.CORRELATION)
const PAYLOAD = bytes(`"${form.PAYLOAD}`)

/** Times of one kind, of which those that follow one another are mostly of one day. */
class Times {
  #day = -1
  #dayMs = 0

  /** The time that stands there in the form of formatTime; null: none does. */
  at(text: Buffer, at: number): number | null {
    const day =
      number(text, at, at + 4) * 10_000 + number(text, at + 5, at + 7) * 100 + number(text, at + 8, at + 10)
    const hour = number(text, at + 11, at + 13)
    const minute = number(text, at + 14, at + 16)
    const second = number(text, at + 17, at + 19)
    const ms = number(text, at + 20, at + 23)
    if (!hasMarks(text, at) || !(hour < 24 && minute < 60 && second < 60 && ms >= 0)) return null
    const timeOfDayMs = ((hour * 60 + minute) * 60 + second) * 1000 + ms
    if (day !== this.#day) {
      const time = parseRfc3339(cut(text, at, at + form.TIME_LENGTH, true))
      if (time === null) return null
      this.#day = day
      this.#dayMs = time - timeOfDayMs
    }
    return this.#dayMs + timeOfDayMs
  }
}

const names = new NameCache()
const createdTimes = new Times()
const receivedTimes = new Times()

/**
 * The event of a line in the form in which nearly all are: no further members of `meta`, no escapes in its texts. Only
 * the strings that handlers see are made, each of its own: a part of a longer one would keep all of it in memory for
 * as long as a report keeps the text. Null of any other line, which readEventLine may know.
 */
export function readLineBytes(
  text: Buffer,
  start: number,
  end: number,
  isAscii: boolean,
): SegmentEvent | null {
  const idAt = start + ID.length
  const positionAt = idAt + form.UUID_LENGTH + POSITION.length
  if (!stands(ID, text, start) || !stands(POSITION, text, positionAt - POSITION.length)) return null
  const positionEnd = plainEnd(text, positionAt, end)
  const serviceAt = positionEnd + SERVICE.length
  if (!stands(SERVICE, text, positionEnd)) return null
  const serviceEnd = plainEnd(text, serviceAt, end)
  const typeAt = serviceEnd + TYPE.length
  if (!stands(TYPE, text, serviceEnd)) return null
  const typeEnd = plainEnd(text, typeAt, end)
  const createdAt = typeEnd + CREATED_AT.length
  const receivedAt = createdAt + form.TIME_LENGTH + RECEIVED_AT.length
  const aggregateAt = receivedAt + form.TIME_LENGTH + AGGREGATE.length
  if (
    !stands(CREATED_AT, text, typeEnd) ||
    !stands(RECEIVED_AT, text, receivedAt - RECEIVED_AT.length) ||
    !stands(AGGREGATE, text, aggregateAt - AGGREGATE.length)
  )
    return null
  const aggregateEnd = plainEnd(text, aggregateAt, end)
  const correlationAt = aggregateEnd + CORRELATION.length
  const isCorrelated = stands(CORRELATION, text, aggregateEnd)
  const textsEnd = isCorrelated ? plainEnd(text, correlationAt, end) : aggregateEnd
  const payloadAt = textsEnd + PAYLOAD.length - 1
  if (!stands(PAYLOAD, text, textsEnd) || !isUuid(text, idAt)) return null

  const split = Math.max(positionAt, positionEnd - 9)
  const positionHigh = number(text, positionAt, split)
  const positionLow = number(text, split, positionEnd)
  const createdMs = createdTimes.at(text, createdAt)
  const receivedMs = receivedTimes.at(text, receivedAt)
  if (
    positionEnd === positionAt ||
    !isPosition(positionHigh, positionLow) ||
    createdMs === null ||
    receivedMs === null
  )
    return null
  // where bytes are characters both ids are cut out of one text, which is hardly longer than they are
  const ids = isAscii ? cut(text, aggregateAt, textsEnd, true) : null
  const between = (from: number, to: number): string =>
    ids === null ? cut(text, from, to, false) : ids.slice(from - aggregateAt, to - aggregateAt)
  return new SegmentEvent({
    idText: cut(text, idAt, idAt + form.UUID_LENGTH, true),
    positionHigh,
    positionLow,
    service: names.text(text, serviceAt, serviceEnd),
    type: names.text(text, typeAt, typeEnd),
    createdAt: createdMs,
    receivedAt: receivedMs,
    aggregateId: between(aggregateAt, aggregateEnd),
    correlationId: isCorrelated ? between(correlationAt, textsEnd) : null,
    metaExtra: null,
    payload: cut(text, payloadAt, end - 1, isAscii),
  })
}

/** What `toString` calls, which takes half as long again for texts as short as these; Node's types lack them. */
interface Slices {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

function cut(text: Buffer, start: number, end: number, isAscii: boolean): string {
  const slices = text as unknown as Slices
  return isAscii ? slices.latin1Slice(start, end) : slices.utf8Slice(start, end)
}

function stands(literal: Uint8Array, text: Buffer, at: number): boolean {
  for (let i = 0; i < literal.length; i += 1) if (text[at + i] !== literal[i]) return false
  return true
}

/** The quote that ends a string without escapes; -1 where there are some. */
function plainEnd(text: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = text[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) return -1
  }
  return -1
}

/** Its digits are not looked at: none but Demetra has written what is proved to be here. */
function isUuid(text: Buffer, from: number): boolean {
  return (
    text[from + 8] === DASH &&
    text[from + 13] === DASH &&
    text[from + 18] === DASH &&
    text[from + 23] === DASH
  )
}

/** NaN of anything but digits. */
function number(text: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = (text[at] as number) - 48
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}

/** What stands between the numbers. */
function hasMarks(text: Buffer, at: number): boolean {
  return (
    text[at + 4] === DASH &&
    text[at + 7] === DASH &&
    text[at + 10] === 84 &&
    text[at + 13] === COLON &&
    text[at + 16] === COLON &&
    text[at + 19] === 46 &&
    text[at + 23] === 90
  )
}
