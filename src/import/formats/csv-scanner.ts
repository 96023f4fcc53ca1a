import type { RecordError, SplitterStart } from '../record.ts'
import { Carry } from './carry.ts'
import { isUtf8Within } from './utf8.ts'

const LF = 10
const CR = 13
const QUOTE = 34
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** A CSV record as bytes: where it lies, and what is known of it without decoding. */
export interface RawRecord {
  line: number
  byteOffset: number
  nextLine: number
  nextByteOffset: number
  /** Without the line end; null where they were more than the limit. */
  bytes: Buffer | null
  length: number
  /** There is a quote in it: its fields are not simply what lies between the delimiters. */
  quoted: boolean
  /** Known to be UTF-8. */
  valid: boolean
  error: RecordError | null
}

/** Where the scanner stands, between two bytes. */
const RECORD = 0 // before a record
const FIELD = 1 // before another field
const PLAIN = 2 // in a field without quotes
const QUOTED = 3 // in a field in quotes
const CLOSING = 4 // behind a quote in a field in quotes, which closes it or is one half of ""
const LINE_END = 5 // behind a CR; an LF may belong to it
const REST = 6 // in a record whose end cannot be told

/**
 * Finds the records of CSV bytes (RFC 4180): lines ending with LF, CRLF or CR, that go on over line ends in
 * quotes; a quote opens only at the start of a field. Malformed quotes cost the record that they are in. But
 * where a field in quotes went over a line end before they were found malformed, or goes over one after, or is
 * never closed, nobody can tell where the record ends: the rest of the source is one.
 */
export class CsvScanner {
  readonly #delimiter: number
  readonly #carry: Carry
  #state = RECORD
  /** Bytes of a byte order mark so far; 3 when there is none to come. */
  #bom: number
  /** Where the chunk in hand starts. */
  #chunkOffset: number
  /** In the chunk: where the part of the record in hand starts that is not carried yet. */
  #from = 0
  #recordOffset: number
  #recordLine: number
  /** The line in hand. */
  #line: number
  #field = 1
  #quoted = false
  #error: RecordError | null = null
  #quoteLine = 0
  /** The field in quotes has gone over a line end. */
  #spans = false
  #afterCr = false
  /** The record in hand started in an earlier chunk. */
  #continued = false

  constructor(delimiter: number, maxRecordBytes: number, start: SplitterStart) {
    this.#delimiter = delimiter
    this.#carry = new Carry(maxRecordBytes)
    this.#bom = start.byteOffset === 0 ? 0 : 3
    this.#chunkOffset = start.byteOffset
    this.#recordOffset = start.byteOffset
    this.#recordLine = start.line
    this.#line = start.line
  }

  push(chunk: Buffer): RawRecord[] {
    const records: RawRecord[] = []
    const valid = isUtf8Within(chunk, this.#state !== RECORD && this.#state !== LINE_END)
    let lf = -1
    let cr = -1
    let quote = -1
    let i = this.#bom === 3 ? 0 : this.#skipBom(chunk)
    this.#from = i
    while (i < chunk.length) {
      if (this.#state === RECORD) {
        if (lf < i) lf = find(chunk, LF, i)
        if (cr < i) cr = find(chunk, CR, i)
        if (quote < i) quote = find(chunk, QUOTE, i)
        const end = Math.min(lf, cr)
        // A CR at the end of the chunk waits for its LF.
        if (end < quote && end < chunk.length - (end === cr ? 1 : 0)) {
          const next = end + 1 === lf ? end + 2 : end + 1
          records.push(this.#plainLine(chunk.subarray(i, end), this.#chunkOffset + next, valid))
          i = next
          this.#from = next
          continue
        }
        this.#state = FIELD
      }
      i = this.#scan(chunk, i, valid, records)
    }
    if (this.#state !== RECORD) {
      if (this.#state !== LINE_END) this.#carry.add(chunk.subarray(this.#from))
      this.#continued = true
    }
    this.#chunkOffset += chunk.length
    return records
  }

  end(): RawRecord[] {
    if (this.#bom === 1 || this.#bom === 2) this.#takeBackBom()
    if (this.#state === RECORD) return []
    if (this.#state === QUOTED) this.#loseEnd()
    return [this.#finish(this.#chunkOffset, this.#state === LINE_END ? this.#line + 1 : this.#line, false)]
  }

  /** A line without a quote that lies in the chunk: mostly there is nothing else. */
  #plainLine(bytes: Buffer, nextByteOffset: number, valid: boolean): RawRecord {
    const line = this.#line++
    this.#recordLine = this.#line
    const byteOffset = this.#recordOffset
    this.#recordOffset = nextByteOffset
    const { length } = bytes
    return {
      line,
      byteOffset,
      nextLine: line + 1,
      nextByteOffset,
      bytes,
      length,
      quoted: false,
      valid,
      error: null,
    }
  }

  /** Goes on byte by byte, to the end of the record or of the chunk. Returns the index behind it. */
  #scan(chunk: Buffer, start: number, valid: boolean, records: RawRecord[]): number {
    for (let i = start; i < chunk.length; i++) {
      const byte = chunk[i] as number
      const state = this.#state
      if (state === QUOTED || state === REST) {
        if (byte === QUOTE && state === QUOTED) this.#state = CLOSING
        this.#countLine(byte)
        continue
      }
      if (state === LINE_END || byte === LF) {
        if (state !== LINE_END) this.#carry.add(chunk.subarray(this.#from, i))
        const next = byte === LF ? i + 1 : i
        records.push(this.#finish(this.#chunkOffset + next, this.#line + 1, valid && !this.#continued))
        this.#continued = false
        this.#from = next
        return next
      }
      if (byte === CR) {
        this.#carry.add(chunk.subarray(this.#from, i))
        this.#state = LINE_END
      } else if (byte === this.#delimiter) {
        this.#state = FIELD
        this.#field++
      } else if (byte === QUOTE) this.#meetQuote()
      else if (state === CLOSING) this.#malformed('there is text behind the closing quote')
      else this.#state = PLAIN
    }
    return chunk.length
  }

  #meetQuote(): void {
    this.#quoted = true
    if (this.#state === PLAIN) this.#malformed('there is a quote in a field that does not start with one')
    else {
      if (this.#state === FIELD) {
        this.#quoteLine = this.#line
        this.#spans = false
      }
      this.#state = QUOTED
    }
  }

  #malformed(what: string): void {
    if (this.#state === CLOSING && this.#spans) return this.#loseEnd()
    this.#state = PLAIN
    this.#error ??= {
      code: 'invalid-quote',
      message: `field ${this.#field}: ${what}; such a field stands in quotes as a whole, quotes in it are doubled`,
    }
  }

  #loseEnd(): void {
    this.#state = REST
    this.#error = {
      code: 'unterminated-quote',
      message:
        `the quote that opens field ${this.#field} on line ${this.#quoteLine} is not closed, or in the wrong ` +
        'place: where the record ends cannot be told, and the rest of the source is one reject',
    }
  }

  /** In quotes and in the rest: line ends, and what they mean. */
  #countLine(byte: number): void {
    if (byte === CR || (byte === LF && !this.#afterCr)) {
      this.#line++
      this.#spans = true
      if (this.#state === QUOTED && this.#error !== null) this.#loseEnd()
    }
    this.#afterCr = byte === CR
  }

  #finish(nextByteOffset: number, nextLine: number, valid: boolean): RawRecord {
    const record: RawRecord = {
      line: this.#recordLine,
      byteOffset: this.#recordOffset,
      nextLine,
      nextByteOffset,
      length: this.#carry.length,
      bytes: this.#carry.take(),
      quoted: this.#quoted,
      valid,
      error: this.#error,
    }
    this.#state = RECORD
    this.#field = 1
    this.#quoted = false
    this.#error = null
    this.#line = nextLine
    this.#recordLine = nextLine
    this.#recordOffset = nextByteOffset
    return record
  }

  /** At the start of the source. Returns the index behind the byte order mark, or as much of it as there is. */
  #skipBom(chunk: Buffer): number {
    for (let i = 0; i < chunk.length; i++) {
      if (chunk[i] !== BOM[this.#bom]) {
        if (this.#bom > 0) this.#takeBackBom()
        this.#bom = 3
        return i
      }
      if (++this.#bom === 3) {
        this.#recordOffset = 3
        return i + 1
      }
    }
    return chunk.length
  }

  /** It was none: its bytes are those of a field. */
  #takeBackBom(): void {
    this.#carry.add(BOM.subarray(0, this.#bom))
    this.#state = PLAIN
    this.#continued = true
  }
}

function find(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from)
  return index === -1 ? Number.POSITIVE_INFINITY : index
}
