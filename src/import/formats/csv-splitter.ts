import { isUtf8 } from 'node:buffer'
import { DemetraError, EXIT } from '../../errors.ts'
import type { RecordError, SourceRecord, Splitter, SplitterStart } from '../record.ts'
import { decodeFields } from './csv-fields.ts'
import { columnNames } from './csv-header.ts'
import { CsvScanner, type RawRecord } from './csv-scanner.ts'
import { DEFAULT_MAX_RECORD_BYTES, tooLargeError } from './limits.ts'
import { invalidUtf8Error } from './utf8.ts'

export interface CsvOptions {
  /** One ASCII character; default a comma. Quotes are `"`. */
  delimiter?: string | undefined
  /** Default 16 MiB. */
  maxRecordBytes?: number | undefined
}

/**
 * CSV with a header (RFC 4180; see CsvScanner for broken quotes). Blank lines are skipped. A record that has
 * another number of fields than the header is a reject. A header that cannot be read throws DemetraError
 * (exit 4): without it no record means anything.
 */
export class CsvSplitter implements Splitter {
  readonly #delimiter: string
  readonly #maxBytes: number
  readonly #scanner: CsvScanner
  #columns: readonly string[] | undefined
  #records: number

  constructor(options: CsvOptions = {}, start: SplitterStart = { byteOffset: 0, line: 1, records: 0 }) {
    this.#delimiter = options.delimiter ?? ','
    this.#maxBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES
    this.#scanner = new CsvScanner(this.#delimiter.charCodeAt(0), this.#maxBytes, start)
    this.#columns = start.columns
    this.#records = start.records
  }

  get columns(): readonly string[] | undefined {
    return this.#columns
  }

  push(chunk: Buffer): SourceRecord[] {
    return this.#read(this.#scanner.push(chunk))
  }

  end(): SourceRecord[] {
    return this.#read(this.#scanner.end())
  }

  #read(found: RawRecord[]): SourceRecord[] {
    const records = found.filter((raw) => !this.#isBlank(raw))
    for (const raw of records) this.#check(raw)
    const sound = records.filter((raw) => raw.error === null)
    const decoded = decodeFields(sound, this.#delimiter)
    let next = 0
    const read: SourceRecord[] = []
    for (const raw of records) {
      const fields = raw.error === null ? (decoded[next++] as string[] | null) : null
      if (this.#columns === undefined) this.#columns = this.#readHeader(raw, fields)
      else read.push(this.#record(raw, fields, this.#columns.length))
    }
    return read
  }

  /** Sets the error of a record that must not be decoded. */
  #check(raw: RawRecord): void {
    if (raw.length > this.#maxBytes) {
      raw.bytes = null
      raw.error ??= tooLargeError(raw.length, this.#maxBytes)
    } else if (raw.error === null && !raw.valid && !isUtf8(raw.bytes as Buffer)) {
      raw.error = invalidUtf8Error(raw.bytes as Buffer, raw.byteOffset)
    }
  }

  #record(raw: RawRecord, fields: string[] | null, columns: number): SourceRecord {
    const record: SourceRecord = {
      number: ++this.#records,
      line: raw.line,
      byteOffset: raw.byteOffset,
      nextLine: raw.nextLine,
      nextByteOffset: raw.nextByteOffset,
      bytes: raw.bytes,
    }
    const error = raw.error ?? fieldsError(fields, columns)
    if (error !== null) record.error = error
    else if (fields !== null) record.fields = fields
    return record
  }

  #readHeader(raw: RawRecord, fields: string[] | null): readonly string[] {
    const error = raw.error ?? (fields === null ? UNREADABLE : null)
    if (error === null && fields !== null) return columnNames(fields)
    throw new DemetraError(`The CSV header on line ${raw.line} cannot be read: ${error?.message}`, {
      code: 'DEMETRA_CSV_HEADER',
      exitCode: EXIT.inputMissing,
      hints: ['The first line has to hold the names of the columns, with the same delimiter as the records'],
      context: { line: raw.line, byteOffset: raw.byteOffset, reason: error?.code ?? null },
    })
  }

  /** Nothing but blanks; a tab is none where it is the delimiter. */
  #isBlank(raw: RawRecord): boolean {
    if (raw.bytes === null || raw.quoted || raw.length > this.#maxBytes) return false
    const delimiter = this.#delimiter.charCodeAt(0)
    for (let i = 0; i < raw.length; i++) {
      const byte = raw.bytes[i]
      if ((byte !== 0x20 && byte !== 0x09) || byte === delimiter) return false
    }
    return true
  }
}

const UNREADABLE: RecordError = { code: 'invalid-quote', message: 'its quotes cannot be read' }

function fieldsError(fields: string[] | null, columns: number): RecordError | null {
  if (fields === null) return UNREADABLE
  if (fields.length === columns) return null
  const count = fields.length === 1 ? '1 field' : `${fields.length} fields`
  return { code: 'field-count', message: `expected ${columns} fields, as the header has, got ${count}` }
}
