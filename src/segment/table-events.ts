import { keptName } from '../event/kept-name.ts'
import { CORRELATION, UUID_LENGTH } from './line-form.ts'
import * as table from './line-table.ts'
import { readEventLine } from './read-event-line.ts'
import { SegmentEvent } from './segment-event.ts'

export interface TableEvents {
  events: SegmentEvent[]
  /** The byte at which a line begins that is not as Demetra writes it: `events` are those in front of it. null: none is. */
  damagedAt: number | null
}

/**
 * The events of lines from `first` to before `end`. Only the strings that handlers see are made, each of its own: a part
 * of a longer one would keep all of it in memory for as long as a report keeps the text.
 */
export function tableEvents(lines: table.LineTable, first: number, end: number): TableEvents {
  const { places, numbers, isAscii, values } = lines
  const { buffer, byteOffset, length } = lines.text
  const text = Buffer.from(buffer, byteOffset, length)
  const names = lines.names.map(keptName)
  const events: SegmentEvent[] = []
  for (let line = first; line < end; line += 1) {
    const place = line * table.PLACES
    const at = (part: number): number => places[place + part] as number
    const stop = at(table.LINE_STOP)
    const idAt = at(table.ID_START)
    if (idAt === table.NOT_PLAIN) {
      const event = readEventLine(text.toString('utf8', at(table.LINE_START), stop))
      if (event === null) return { events, damagedAt: at(table.LINE_START) }
      events.push(event)
      continue
    }
    const number = line * table.NUMBERS
    const aggregateAt = at(table.AGGREGATE_START)
    const aggregateEnd = at(table.AGGREGATE_END)
    const textsEnd = at(table.TEXTS_END)
    // where bytes are characters both ids are cut out of one text, which is hardly longer than they are
    const ids = isAscii ? textOf(text, aggregateAt, textsEnd, true) : null
    const between = (from: number, to: number): string =>
      ids === null ? textOf(text, from, to, false) : ids.slice(from - aggregateAt, to - aggregateAt)
    events.push(
      new SegmentEvent({
        idText: textOf(text, idAt, idAt + UUID_LENGTH, true),
        positionHigh: numbers[number + table.POSITION_HIGH] as number,
        positionLow: numbers[number + table.POSITION_LOW] as number,
        service: names[at(table.SERVICE_NAME)] as string,
        type: names[at(table.TYPE_NAME)] as string,
        createdAt: numbers[number + table.CREATED_MS] as number,
        receivedAt: numbers[number + table.RECEIVED_MS] as number,
        aggregateId: between(aggregateAt, aggregateEnd),
        correlationId:
          textsEnd === aggregateEnd ? null : between(aggregateEnd + CORRELATION.length, textsEnd),
        metaExtra: null,
        payload: textOf(text, at(table.PAYLOAD_START), stop - 1, isAscii),
        values,
        line,
      }),
    )
  }
  return { events, damagedAt: null }
}

/** What `toString` calls, which takes half as long again for texts as short as these; Node's types lack them. */
interface Slices {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

function textOf(text: Buffer, start: number, end: number, isAscii: boolean): string {
  const slices = text as unknown as Slices
  return isAscii ? slices.latin1Slice(start, end) : slices.utf8Slice(start, end)
}
