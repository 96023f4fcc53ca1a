import { isAscii } from 'node:buffer'
import { digits, isUuid } from './byte-scan.ts'
import { ValueCutter } from './cut-values.ts'
import * as form from '../line-form.ts'
import * as table from '../line-table.ts'
import { LineTimes } from './line-times.ts'
import { eachLine, type LineFilter, type VisitLine } from '../lines.ts'
import { RepeatedTexts } from './repeated-texts.ts'
import { Literal, ScannedText } from './scanned-text.ts'
import { isPosition } from '../segment-event.ts'

const ID = new Literal(form.ID)
const POSITION = new Literal(form.POSITION)
const SERVICE = new Literal(form.SERVICE)
const TYPE = new Literal(form.TYPE)
const CREATED_AT = new Literal(form.CREATED_AT)
const RECEIVED_AT = new Literal(form.RECEIVED_AT)
const AGGREGATE = new Literal(form.AGGREGATE)
const CORRELATION = new Literal(form.CORRELATION)
const PAYLOAD = new Literal(`"${form.PAYLOAD}`)
/** Nearly all positions have so many, from 2004 to 2106. */
const POSITION_DIGITS = 19
/** The last ones, which are a number of their own. */
const LOW_DIGITS = 9

const names = new RepeatedTexts()
const createdTimes = new LineTimes()
const receivedTimes = new LineTimes()
const valueCutter = new ValueCutter()

export interface CutOptions {
  /** null: all lines. */
  wanted: LineFilter | null
  /** Payloads are cut into their values, too. */
  hasValues: boolean
}

/** Cuts the lines of the text of blocks. */
export function cutLines(text: Buffer<ArrayBuffer>, { wanted, hasValues }: CutOptions): table.LineTable {
  const bounds: number[] = []
  const visit: VisitLine = (start, end) => void bounds.push(start, end)
  if (wanted === null) eachLine(text, visit)
  else wanted.eachLine(text, visit)
  const count = bounds.length / 2
  const places = new Int32Array(count * table.PLACES)
  const numbers = new Float64Array(count * table.NUMBERS)
  const isAsciiText = isAscii(text)
  names.begin()
  if (hasValues) valueCutter.begin(count, isAsciiText)
  const cut = { text: new ScannedText(text), places, numbers, hasValues }
  for (let line = 0; line < count; line += 1)
    cutLine(cut, line, bounds[line * 2] as number, bounds[line * 2 + 1] as number)
  const values = hasValues ? valueCutter.table() : null
  return { text, isAscii: isAsciiText, count, places, numbers, names: names.numbered, values }
}

interface Cut {
  text: ScannedText
  places: Int32Array
  numbers: Float64Array
  hasValues: boolean
}

/** Notes where the parts stand; a line in another form than nearly all are, or none of ours, is noted as such. */
function cutLine({ text, places, numbers, hasValues }: Cut, line: number, start: number, end: number): void {
  const { bytes } = text
  const place = line * table.PLACES
  places[place + table.LINE_START] = start
  places[place + table.LINE_STOP] = end
  places[place + table.ID_START] = table.NOT_PLAIN

  const idAt = start + ID.length
  const positionAt = idAt + form.UUID_LENGTH + POSITION.length
  if (!ID.standsIn(text, start) || !POSITION.standsIn(text, positionAt - POSITION.length)) return
  const positionEnd = SERVICE.standsIn(text, positionAt + POSITION_DIGITS)
    ? positionAt + POSITION_DIGITS
    : text.plainEnd(positionAt)
  const serviceAt = positionEnd + SERVICE.length
  if (!SERVICE.standsIn(text, positionEnd)) return
  const serviceEnd = text.plainEnd(serviceAt)
  const typeAt = serviceEnd + TYPE.length
  if (!TYPE.standsIn(text, serviceEnd)) return
  const typeEnd = text.plainEnd(typeAt)
  const createdAt = typeEnd + CREATED_AT.length
  const receivedAt = createdAt + form.TIME_LENGTH + RECEIVED_AT.length
  const aggregateAt = receivedAt + form.TIME_LENGTH + AGGREGATE.length
  if (
    !CREATED_AT.standsIn(text, typeEnd) ||
    !RECEIVED_AT.standsIn(text, receivedAt - RECEIVED_AT.length) ||
    !AGGREGATE.standsIn(text, aggregateAt - AGGREGATE.length)
  )
    return
  const aggregateEnd = text.plainEnd(aggregateAt)
  const isCorrelated = CORRELATION.standsIn(text, aggregateEnd)
  const textsEnd = isCorrelated ? text.plainEnd(aggregateEnd + CORRELATION.length) : aggregateEnd
  if (!PAYLOAD.standsIn(text, textsEnd) || textsEnd + PAYLOAD.length > end || !isUuid(bytes, idAt)) return

  const split = Math.max(positionAt, positionEnd - LOW_DIGITS)
  const positionHigh = digits(bytes, positionAt, split)
  const positionLow = digits(bytes, split, positionEnd)
  const createdMs = createdTimes.at(text, createdAt)
  const receivedMs = receivedTimes.at(text, receivedAt)
  if (positionEnd === positionAt || !isPosition(positionHigh, positionLow)) return
  if (Number.isNaN(createdMs) || Number.isNaN(receivedMs)) return

  const payloadAt = textsEnd + PAYLOAD.length - 1
  places[place + table.ID_START] = idAt
  places[place + table.AGGREGATE_START] = aggregateAt
  places[place + table.AGGREGATE_END] = aggregateEnd
  places[place + table.TEXTS_END] = textsEnd
  places[place + table.PAYLOAD_START] = payloadAt
  places[place + table.SERVICE_NAME] = names.numberOf(text, serviceAt, serviceEnd)
  const type = names.numberOf(text, typeAt, typeEnd)
  places[place + table.TYPE_NAME] = type
  const number = line * table.NUMBERS
  numbers[number + table.POSITION_HIGH] = positionHigh
  numbers[number + table.POSITION_LOW] = positionLow
  numbers[number + table.CREATED_MS] = createdMs
  numbers[number + table.RECEIVED_MS] = receivedMs
  if (hasValues) valueCutter.cut(line, names.numbered[type] as string, text, payloadAt, end - 1)
}
