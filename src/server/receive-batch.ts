import type { IncomingMessage } from 'node:http'
import { DemetraError } from '../errors.ts'
import { EventError } from '../event/assemble.ts'
import { JsonSplitter } from '../import/formats/json-splitter.ts'
import { NdjsonSplitter } from '../import/formats/ndjson-splitter.ts'
import type { RecordError, SourceRecord } from '../import/record.ts'
import type { HeldBytes } from './bytes-in-hand.ts'
import { cloudEventToLine, readStructured } from './cloud-event.ts'
import { HttpError } from './http-error.ts'
import type { ServerLimits } from './limits.ts'
import { provenPieces } from './read-body.ts'
import type { Receiver } from './receiver.ts'

/** Events of one submission: what a request has in hand while its body is still coming. */
const SUBMIT_EVENTS = 500
const SUBMIT_BYTES = 1024 * 1024

/**
 * Takes a batch as it comes, a packed one when it is proven: NDJSON by the line, a JSON array by the element. A record
 * that cannot be read costs itself; where the body cannot be read on, what came before it is stored and told, with the
 * reason as the last result.
 */
export async function receiveBatch(
  request: IncomingMessage,
  receiver: Receiver,
  form: 'ndjson' | 'cloudevents-batch',
  limits: ServerLimits,
  held: HeldBytes,
): Promise<void> {
  const options = { maxRecordBytes: limits.eventBytes }
  const splitter = form === 'ndjson' ? new NdjsonSplitter(options) : new JsonSplitter(options)
  let hasArray = false
  let settledBytes = 0
  let unsentBytes = 0
  /** False: the batch is full. */
  const take = async (records: readonly SourceRecord[]): Promise<boolean> => {
    for (const record of records) {
      if (record.number > limits.batchEvents) {
        receiver.refuse(tooMany(limits.batchEvents), form === 'ndjson' ? record.line : undefined)
        return false
      }
      add(receiver, record, form)
      unsentBytes = record.nextByteOffset - settledBytes
      if (receiver.pending >= SUBMIT_EVENTS || unsentBytes >= SUBMIT_BYTES) {
        await receiver.flush()
        held.add(settledBytes - record.nextByteOffset)
        settledBytes = record.nextByteOffset
      }
    }
    return true
  }
  try {
    for await (const piece of provenPieces(request, limits, held)) {
      held.add(piece.length)
      hasArray ||= piece.includes('[')
      if (!(await take(splitter.push(piece)))) return await receiver.flush()
    }
    await take(splitter.end())
    // nothing, and blanks, are no array of no events
    if (form === 'cloudevents-batch' && !hasArray) throw notABatch('it is empty')
  } catch (error) {
    const told = error instanceof DemetraError ? notABatch(error.message) : error
    // nothing was stored yet: the request as a whole is answered
    if (!(told instanceof HttpError) || receiver.results.length === 0) throw told
    await receiver.flush()
    receiver.stopAt(told)
    return
  }
  await receiver.flush()
}

function add(receiver: Receiver, record: SourceRecord, form: 'ndjson' | 'cloudevents-batch'): void {
  const text = (): string => {
    if (record.error !== undefined) throw toEventError(record.error)
    return (record.bytes as Buffer).toString('utf8')
  }
  const given = (): unknown => JSON.parse(text())
  if (form === 'ndjson') {
    receiver.add({ form: 'event', line: text, given, lineNumber: record.line })
  } else {
    receiver.add({ form: 'cloudevent', line: () => cloudEventToLine(readStructured(text())), given })
  }
}

/** What the splitters say is meant for who imports a file. */
function toEventError({ code, message }: RecordError): EventError {
  if (code === 'record-too-large') return new EventError(code, 'the event is larger than one may be')
  return new EventError(code, code === 'invalid-utf8' ? (message.split(';', 1)[0] as string) : message)
}

function tooMany(batchEvents: number): HttpError {
  return new HttpError(
    413,
    'DEMETRA_BATCH_TOO_LARGE',
    `A batch may have ${batchEvents} events; the rest is not taken`,
    {
      hints: ['Send the rest in batches of their own'],
    },
  )
}

function notABatch(why: string): HttpError {
  return new HttpError(400, 'DEMETRA_INVALID_JSON', `The body is not a JSON array: ${why}`)
}
