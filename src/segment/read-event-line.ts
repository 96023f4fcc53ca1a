import { keptName } from '../event/kept-name.ts'
import { parseRfc3339 } from '../event/time.ts'
import { formatUuid, parseUuid } from '../event/uuid.ts'
import * as form from './line-form.ts'
import { isPosition, SegmentEvent } from './segment-event.ts'

/**
 * The event of a line that formatEventLine wrote in full. It is cut out by position, and its payload is not looked
 * into: what was written is what is read. Null of a line in another form.
 */
export function readEventLine(line: string): SegmentEvent | null {
  const idAt = behind(form.ID, line, 0)
  const positionAt = behind(form.POSITION, line, idAt + form.UUID_LENGTH)
  const positionEnd = line.indexOf('"', positionAt)
  const serviceAt = behind(form.SERVICE, line, positionEnd)
  const serviceEnd = stringEnd(line, serviceAt)
  const typeAt = behind(form.TYPE, line, serviceEnd)
  const typeEnd = stringEnd(line, typeAt)
  const createdAtAt = behind(form.CREATED_AT, line, typeEnd)
  const receivedAtAt = behind(form.RECEIVED_AT, line, createdAtAt + form.TIME_LENGTH)
  const aggregateAt = behind(form.AGGREGATE, line, receivedAtAt + form.TIME_LENGTH)
  const aggregateEnd = stringEnd(line, aggregateAt)
  const correlationAt = behind(form.CORRELATION, line, aggregateEnd)
  const textsEnd = correlationAt === -1 ? aggregateEnd : stringEnd(line, correlationAt)
  const extraAt = behind(form.EXTRA, line, textsEnd)
  const metaEnd = extraAt === -1 ? textsEnd + 1 : objectEnd(line, extraAt)
  const payloadAt = behind(form.PAYLOAD, line, metaEnd) - 1
  // each of them is looked for behind the one before
  if (payloadAt < 0 || aggregateAt === -1) return null

  const id = parseUuid(line.slice(idAt, idAt + form.UUID_LENGTH))
  const [, high = '', low = ''] = POSITION_DIGITS.exec(line.slice(positionAt, positionEnd)) ?? []
  const [positionHigh, positionLow] = [Number(high), Number(low)]
  const createdAt = parseRfc3339(line.slice(createdAtAt, createdAtAt + form.TIME_LENGTH))
  const receivedAt = parseRfc3339(line.slice(receivedAtAt, receivedAtAt + form.TIME_LENGTH))
  if (id === null || low === '' || !isPosition(positionHigh, positionLow)) return null
  if (createdAt === null || receivedAt === null) return null
  return new SegmentEvent({
    idText: formatUuid(id),
    positionHigh,
    positionLow,
    service: keptName(textAt(line, serviceAt, serviceEnd)),
    type: keptName(textAt(line, typeAt, typeEnd)),
    createdAt,
    receivedAt,
    aggregateId: textAt(line, aggregateAt, aggregateEnd),
    correlationId: correlationAt === -1 ? null : textAt(line, correlationAt, textsEnd),
    metaExtra: extraAt === -1 ? null : `{${line.slice(extraAt, metaEnd)}}`,
    payload: line.slice(payloadAt, -1),
    values: null,
    line: 0,
  })
}

/** The last nine, and those in front of them. */
const POSITION_DIGITS = /^(\d{0,10}?)(\d{1,9})$/

/** Behind `literal`, where it stands at `at`; else -1. */
function behind(literal: string, line: string, at: number): number {
  return at >= 0 && line.startsWith(literal, at) ? at + literal.length : -1
}

/** The quote that ends the string whose content begins at `from`. */
function stringEnd(line: string, from: number): number {
  if (from === -1) return -1
  let end = line.indexOf('"', from)
  while (end !== -1 && isEscaped(line, end)) end = line.indexOf('"', end + 1)
  return end
}

/** An odd number of backslashes stands before it. */
function isEscaped(line: string, at: number): boolean {
  let from = at
  while (line.charCodeAt(from - 1) === 92) from -= 1
  return (at - from) % 2 === 1
}

/** The bracket that ends the object in which `from` stands. */
function objectEnd(line: string, from: number): number {
  let depth = 0
  for (let at = from; at < line.length; at += 1) {
    const char = line[at]
    if (char === '"') {
      at = stringEnd(line, at + 1)
      if (at === -1) return -1
    } else if (char === '{' || char === '[') {
      depth += 1
    } else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth -= 1
    }
  }
  return -1
}

/** A string of its own: a part of the line would keep all of it in memory for as long as a report keeps the text. */
function textAt(line: string, start: number, end: number): string {
  return JSON.parse(line.slice(start - 1, end + 1)) as string
}
