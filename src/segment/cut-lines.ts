import { isAscii } from 'node:buffer'
import { NameCache } from '../event/name-cache.ts'
import { digits, isUuid, plainEnd, stands } from './byte-scan.ts'
import * as form from './line-form.ts'
import * as table from './line-table.ts'
import { LineTimes } from './line-times.ts'
import { eachLine, type LineFilter, type VisitLine } from './lines.ts'
import { isPosition } from './segment-event.ts'

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

const names = new NameCache()
const createdTimes = new LineTimes()
const receivedTimes = new LineTimes()

/** Cuts all lines of a block's text, or those that are wanted. */
export function cutLines(text: Buffer<ArrayBuffer>, wanted: LineFilter | null): table.LineTable {
  const bounds: number[] = []
  const visit: VisitLine = (start, end) => void bounds.push(start, end)
  if (wanted === null) eachLine(text, visit)
  else wanted.eachLine(text, visit)
  const count = bounds.length / 2
  const places = new Int32Array(count * table.PLACES)
  const numbers = new Float64Array(count * table.NUMBERS)
  const indexes = new Map<string, number>()
  const cut = { text, places, numbers, indexes }
  for (let line = 0; line < count; line += 1)
    cutLine(cut, line, bounds[line * 2] as number, bounds[line * 2 + 1] as number)
  return { text, isAscii: isAscii(text), count, places, numbers, names: [...indexes.keys()] }
}

interface Cut {
  text: Buffer
  places: Int32Array
  numbers: Float64Array
  /** Of names. */
  indexes: Map<string, number>
}

/** Notes where the parts stand; a line in another form than nearly all are, or none of ours, is noted as such. */
function cutLine({ text, places, numbers, indexes }: Cut, line: number, start: number, end: number): void {
  const place = line * table.PLACES
  places[place + table.LINE_START] = start
  places[place + table.LINE_STOP] = end
  places[place + table.ID_START] = table.NOT_PLAIN

  const idAt = start + ID.length
  const positionAt = idAt + form.UUID_LENGTH + POSITION.length
  if (!stands(ID, text, start) || !stands(POSITION, text, positionAt - POSITION.length)) return
  const positionEnd = plainEnd(text, positionAt, end)
  const serviceAt = positionEnd + SERVICE.length
  if (!stands(SERVICE, text, positionEnd)) return
  const serviceEnd = plainEnd(text, serviceAt, end)
  const typeAt = serviceEnd + TYPE.length
  if (!stands(TYPE, text, serviceEnd)) return
  const typeEnd = plainEnd(text, typeAt, end)
  const createdAt = typeEnd + CREATED_AT.length
  const receivedAt = createdAt + form.TIME_LENGTH + RECEIVED_AT.length
  const aggregateAt = receivedAt + form.TIME_LENGTH + AGGREGATE.length
  if (
    !stands(CREATED_AT, text, typeEnd) ||
    !stands(RECEIVED_AT, text, receivedAt - RECEIVED_AT.length) ||
    !stands(AGGREGATE, text, aggregateAt - AGGREGATE.length)
  )
    return
  const aggregateEnd = plainEnd(text, aggregateAt, end)
  const isCorrelated = stands(CORRELATION, text, aggregateEnd)
  const textsEnd = isCorrelated ? plainEnd(text, aggregateEnd + CORRELATION.length, end) : aggregateEnd
  if (!stands(PAYLOAD, text, textsEnd) || !isUuid(text, idAt)) return

  const split = Math.max(positionAt, positionEnd - 9)
  const positionHigh = digits(text, positionAt, split)
  const positionLow = digits(text, split, positionEnd)
  const createdMs = createdTimes.at(text, createdAt)
  const receivedMs = receivedTimes.at(text, receivedAt)
  if (positionEnd === positionAt || !isPosition(positionHigh, positionLow)) return
  if (Number.isNaN(createdMs) || Number.isNaN(receivedMs)) return

  places[place + table.ID_START] = idAt
  places[place + table.AGGREGATE_START] = aggregateAt
  places[place + table.AGGREGATE_END] = aggregateEnd
  places[place + table.TEXTS_END] = textsEnd
  places[place + table.PAYLOAD_START] = textsEnd + PAYLOAD.length - 1
  places[place + table.SERVICE_NAME] = indexOf(indexes, names.text(text, serviceAt, serviceEnd))
  places[place + table.TYPE_NAME] = indexOf(indexes, names.text(text, typeAt, typeEnd))
  const number = line * table.NUMBERS
  numbers[number + table.POSITION_HIGH] = positionHigh
  numbers[number + table.POSITION_LOW] = positionLow
  numbers[number + table.CREATED_MS] = createdMs
  numbers[number + table.RECEIVED_MS] = receivedMs
}

function indexOf(indexes: Map<string, number>, name: string): number {
  const known = indexes.get(name)
  if (known !== undefined) return known
  indexes.set(name, indexes.size)
  return indexes.size - 1
}
