import { CORRELATION, UUID_LENGTH } from './line-form.ts'
import * as of from './line-table.ts'
import { readEventLine } from './read-event-line.ts'
import { SegmentEvent } from './segment-event.ts'

/**
 * The events of a block's lines. Only the strings that handlers see are made, each of its own: a part of a longer one
 * would keep all of it in memory for as long as a report keeps the text.
 *
 * @returns the byte at which a line begins that is not as Demetra writes it, where there is one
 */
export function tableEvents(table: of.LineTable): SegmentEvent[] | number {
  const { places, numbers, isAscii } = table
  const { buffer, byteOffset, length } = table.text
  const text = Buffer.from(buffer, byteOffset, length)
  const names = table.names.map(kept)
  const events: SegmentEvent[] = []
  for (let line = 0; line < table.lines; line += 1) {
    const place = line * of.PLACES
    const at = (part: number): number => places[place + part] as number
    const end = at(of.LINE_END)
    const idAt = at(of.ID_START)
    if (idAt === of.NOT_PLAIN) {
      const event = readEventLine(text.toString('utf8', at(of.LINE_START), end))
      if (event === null) return at(of.LINE_START)
      events.push(event)
      continue
    }
    const number = line * of.NUMBERS
    const aggregateAt = at(of.AGGREGATE_START)
    const aggregateEnd = at(of.AGGREGATE_END)
    const textsEnd = at(of.TEXTS_END)
    // where bytes are characters both ids are cut out of one text, which is hardly longer than they are
    const ids = isAscii ? cut(text, aggregateAt, textsEnd, true) : null
    const between = (from: number, to: number): string =>
      ids === null ? cut(text, from, to, false) : ids.slice(from - aggregateAt, to - aggregateAt)
    events.push(
      new SegmentEvent({
        idText: cut(text, idAt, idAt + UUID_LENGTH, true),
        positionHigh: numbers[number + of.POSITION_HIGH] as number,
        positionLow: numbers[number + of.POSITION_LOW] as number,
        service: names[at(of.SERVICE_NAME)] as string,
        type: names[at(of.TYPE_NAME)] as string,
        createdAt: numbers[number + of.CREATED_MS] as number,
        receivedAt: numbers[number + of.RECEIVED_MS] as number,
        aggregateId: between(aggregateAt, aggregateEnd),
        correlationId:
          textsEnd === aggregateEnd ? null : between(aggregateEnd + CORRELATION.length, textsEnd),
        metaExtra: null,
        payload: cut(text, at(of.PAYLOAD_START), end - 1, isAscii),
      }),
    )
  }
  return events
}

const MOST_NAMES = 1000
const keptNames = new Map<string, string>()

/** One string for a name however many blocks have it: those that are the same string are soonest found to be equal. */
function kept(name: string): string {
  const known = keptNames.get(name)
  if (known !== undefined) return known
  if (keptNames.size === MOST_NAMES) keptNames.clear()
  keptNames.set(name, name)
  return name
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
