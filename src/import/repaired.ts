import { EventError } from '../event/assemble.ts'
import type { NewEvent } from '../event/event.ts'
import { backfillPosition } from '../event/position.ts'
import { createSplitter } from './formats/create-splitter.ts'
import type { RecordMapper } from './mapping/mapper.ts'
import type { SourceRecord } from './record.ts'
import { parseReject, type Reject } from './reject.ts'

/**
 * Maps the lines of a rejects file: each holds a record's raw text, repaired by now, and how it was read.
 * The id comes from the repaired content, the position from the number that the record had in its source. The
 * rest of a source behind a quote that was never closed is one reject, and many records once it is repaired.
 */
export function repairedMapper(
  createMapper: (reject: Reject, first: SourceRecord) => RecordMapper,
  backfills: boolean,
): RecordMapper {
  const mappers = new Map<string, RecordMapper>()
  return {
    derivesIds: true,
    get identical() {
      return [...mappers.values()].reduce((sum, mapper) => sum + mapper.identical, 0)
    },
    map(line) {
      const reject = parseReject((line.bytes as Buffer).toString('utf8'))
      if (reject === null) throw new EventError('invalid-reject', 'expected a line of a rejects file')
      const records = recordsOf(reject)
      const key = JSON.stringify([reject.columns, reject.mapping])
      return records.flatMap((record) => {
        let mapper = mappers.get(key)
        if (mapper === undefined) mappers.set(key, (mapper = createMapper(reject, record)))
        const events = records.length === 1 ? mapper.map(record) : mapOneOfMany(mapper, record)
        if (backfills) {
          for (const event of events) event.position ??= backfillPosition(event.createdAt, record.number)
        }
        return events
      })
    },
    close() {
      for (const mapper of mappers.values()) mapper.close()
    },
  }
}

/** The reject stays what it was, so that a second repair may hold many records as well. */
function mapOneOfMany(mapper: RecordMapper, record: SourceRecord): NewEvent[] {
  try {
    if (record.error !== undefined) throw new EventError(record.error.code, record.error.message)
    return mapper.map(record)
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    throw new EventError(REST, `line ${record.line} of the text: ${error.message}`)
  }
}

/** The code of a reject that is the rest of its source. */
const REST = 'unterminated-quote'

function recordsOf(reject: Reject): SourceRecord[] {
  if (reject.raw === null) {
    throw new EventError(
      'record-not-kept',
      `the record's text was too large to keep; see ${reject.source}, byte ${reject.byteOffset}`,
    )
  }
  if (!reject.raw.isWellFormed())
    throw new EventError('invalid-utf8', 'the text still holds bytes that are no UTF-8')
  const bytes = Buffer.from(reject.raw)
  const place = {
    number: reject.record,
    line: reject.line,
    byteOffset: reject.byteOffset,
    nextLine: reject.line,
    nextByteOffset: reject.byteOffset + bytes.length,
  }
  if (reject.columns === null) return [{ ...place, bytes }]
  const splitter = createSplitter(
    'csv',
    { delimiter: reject.mapping.delimiter ?? ',' },
    { byteOffset: 0, line: 1, records: 0, columns: reject.columns },
  )
  const records = [...splitter.push(bytes), ...splitter.end()]
  const [record] = records
  if (record === undefined) throw new EventError('empty-record', 'the text is empty')
  if (records.length > 1 && reject.code === REST) {
    return records.map((one) => ({ ...one, number: reject.record + one.number - 1 }))
  }
  if (records.length > 1)
    throw new EventError('several-records', `the text holds ${records.length} records, expected one`)
  if (record.error !== undefined) throw new EventError(record.error.code, record.error.message)
  return [{ ...place, bytes, ...(record.fields === undefined ? {} : { fields: record.fields }) }]
}
