import { parseBigIntegers } from '../event/big-integers.ts'
import * as table from './value-table.ts'

/** V8 cuts shorter texts out of longer ones as copies; those of this length and more keep the longer one in memory. */
const SHORTEST_VIEW = 13

/** The payload of a line, whose text is `text`, as parsePayload gives it, made anew; null: it is to be parsed. */
export function readValues(
  { shapes, shapeOf, startOf, kinds, values, texts }: table.ValueTable,
  line: number,
  text: string,
): object | null {
  const names = shapes[shapeOf[line] as number]
  if (names === undefined) return null
  const payload: Record<string, unknown> = {}
  let at = startOf[line] as number
  for (const name of names) {
    const value = values[at] as number
    switch (kinds[at]) {
      case table.NUMBER:
        payload[name] = value
        break
      case table.LITERAL:
        payload[name] = table.LITERALS[value]
        break
      case table.REPEATED:
        payload[name] = texts[value]
        break
      case table.TEXT:
        at += 1
        payload[name] = ownText(text, value, value + (values[at] as number))
        break
      default:
        at += 1
        payload[name] = parseBigIntegers(text.slice(value, value + (values[at] as number)))
    }
    at += 1
  }
  return payload
}

function ownText(text: string, from: number, to: number): string {
  const part = text.slice(from, to)
  return part.length < SHORTEST_VIEW ? part : ` ${part}`.slice(1)
}
