import { NameCache } from '../event/name-cache.ts'
import { parseRfc3339 } from '../event/time.ts'
import { readUuid } from '../event/uuid.ts'
import * as form from './line-form.ts'
import { after, stringEnd } from './lines.ts'
import { SegmentEvent } from './segment-event.ts'

const names = new NameCache()

/**
 * The event of a line that formatEventLine wrote in full. It is cut out by position, and its payload is not looked
 * into: what was written is what is read. Null of a line in another form.
 *
 * Texts are made anew for each event: parts of a longer string would keep all of that string in memory.
 */
export function readEventLine(text: Buffer, start: number, end: number): SegmentEvent | null {
  const idAt = after(form.ID, text, start)
  const positionAt = after(form.POSITION, text, idAt + form.UUID_LENGTH)
  const positionEnd = stringEnd(text, positionAt)
  const serviceAt = after(form.SERVICE, text, positionEnd)
  const serviceEnd = stringEnd(text, serviceAt)
  const typeAt = after(form.TYPE, text, serviceEnd)
  const typeEnd = stringEnd(text, typeAt)
  const createdAtAt = after(form.CREATED_AT, text, typeEnd)
  const receivedAtAt = after(form.RECEIVED_AT, text, createdAtAt + form.TIME_LENGTH)
  const aggregateAt = after(form.AGGREGATE, text, receivedAtAt + form.TIME_LENGTH)
  const aggregateEnd = stringEnd(text, aggregateAt)
  const correlationAt = after(form.CORRELATION, text, aggregateEnd)
  const textsEnd = correlationAt === -1 ? aggregateEnd : stringEnd(text, correlationAt)
  const extraAt = after(form.EXTRA, text, textsEnd)
  const metaEnd = extraAt === -1 ? textsEnd + 1 : objectEnd(text, extraAt)
  const payloadAt = after(form.PAYLOAD, text, metaEnd) - 1
  if (Math.min(idAt, positionAt, serviceAt, typeAt, createdAtAt, receivedAtAt, aggregateAt, payloadAt) < 0)
    return null

  const id = readUuid(text, idAt)
  const createdAt = parseRfc3339(text.toString('latin1', createdAtAt, createdAtAt + form.TIME_LENGTH))
  const receivedAt = parseRfc3339(text.toString('latin1', receivedAtAt, receivedAtAt + form.TIME_LENGTH))
  if (id === null || createdAt === null || receivedAt === null) return null
  return new SegmentEvent({
    id,
    position: BigInt(text.toString('latin1', positionAt, positionEnd)),
    service: unescaped(names.text(text, serviceAt, serviceEnd)),
    type: unescaped(names.text(text, typeAt, typeEnd)),
    createdAt,
    receivedAt,
    aggregateId: unescaped(text.toString('utf8', aggregateAt, aggregateEnd)),
    correlationId: correlationAt === -1 ? null : unescaped(text.toString('utf8', correlationAt, textsEnd)),
    metaExtra: extraAt === -1 ? null : `{${text.toString('utf8', extraAt, metaEnd)}}`,
    payload: text.toString('utf8', payloadAt, end - 1),
  })
}

/** The bracket that ends the object in which `from` stands. */
function objectEnd(text: Buffer, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const byte = text[at]
    if (byte === 0x22) {
      at = stringEnd(text, at + 1)
      if (at === -1) return -1
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at
      depth -= 1
    }
  }
  return -1
}

function unescaped(text: string): string {
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
