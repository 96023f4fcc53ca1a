import { isUtf8 } from 'node:buffer'
import type { SourceRecord, Splitter, SplitterStart } from '../record.ts'
import { Carry } from './carry.ts'
import { DEFAULT_MAX_RECORD_BYTES, tooLargeError } from './limits.ts'
import { invalidUtf8Error } from './utf8.ts'

const LF = 10
const CR = 13
/** What a line may have beside its record: a byte order mark and the CR of its line end. */
const SPARE_BYTES = 4

export interface NdjsonOptions {
  /** Default 16 MiB. */
  maxRecordBytes?: number | undefined
}

/**
 * NDJSON: one line is one record. A line ends with LF or CRLF (a CR elsewhere is a blank to JSON); lines of
 * blanks are skipped. The JSON itself is not looked at.
 */
export class NdjsonSplitter implements Splitter {
  readonly #maxBytes: number
  readonly #carry: Carry
  /** Where the line in hand starts. */
  #lineOffset: number
  #line: number
  #records: number

  constructor(options: NdjsonOptions = {}, start: SplitterStart = { byteOffset: 0, line: 1, records: 0 }) {
    this.#maxBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES
    this.#carry = new Carry(this.#maxBytes + SPARE_BYTES)
    this.#lineOffset = start.byteOffset
    this.#line = start.line
    this.#records = start.records
  }

  push(chunk: Buffer): SourceRecord[] {
    const records: SourceRecord[] = []
    const last = chunk.lastIndexOf(LF)
    let from = 0
    if (last !== -1 && this.#carry.length > 0) {
      from = chunk.indexOf(LF) + 1
      this.#carry.add(chunk.subarray(0, from - 1))
      this.#finishCarried(1, records)
    }
    if (from <= last) {
      const valid = isUtf8(chunk.subarray(from, last))
      while (from <= last) {
        const end = chunk.indexOf(LF, from)
        this.#addLine(chunk.subarray(from, end), end - from, 1, valid, records)
        from = end + 1
      }
    }
    this.#carry.add(chunk.subarray(from))
    return records
  }

  end(): SourceRecord[] {
    const records: SourceRecord[] = []
    if (this.#carry.length > 0) this.#finishCarried(0, records)
    return records
  }

  #finishCarried(lineEnds: 0 | 1, records: SourceRecord[]): void {
    const length = this.#carry.length
    this.#addLine(this.#carry.take(), length, lineEnds, false, records)
  }

  /** `valid`: the line is known to be UTF-8. */
  #addLine(line: Buffer | null, length: number, lineEnds: 0 | 1, valid: boolean, into: SourceRecord[]): void {
    const lineOffset = this.#lineOffset
    const lineNumber = this.#line
    this.#lineOffset += length + lineEnds
    this.#line += lineEnds
    let byteOffset = lineOffset
    let bytes = line
    if (bytes !== null) {
      const bom = lineOffset === 0 && startsWithBom(bytes) ? 3 : 0
      byteOffset += bom
      const end = bytes.length > bom && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length
      if (bom > 0 || end < bytes.length) bytes = bytes.subarray(bom, end)
      if (bytes.length > this.#maxBytes) bytes = null
      else if (isBlank(bytes)) return
    }
    const record: SourceRecord = {
      number: ++this.#records,
      line: lineNumber,
      byteOffset,
      nextLine: this.#line,
      nextByteOffset: this.#lineOffset,
      bytes,
    }
    if (bytes === null) record.error = tooLargeError(length, this.#maxBytes)
    else if (!valid && !isUtf8(bytes)) record.error = invalidUtf8Error(bytes, byteOffset)
    into.push(record)
  }
}

/** Whether a byte order mark (EF BB BF) stands first. */
function startsWithBom(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function isBlank(line: Buffer): boolean {
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false
  }
  return true
}
