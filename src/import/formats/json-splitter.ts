import { isUtf8 } from 'node:buffer'
import type { RecordError, SourceRecord, Splitter, SplitterStart } from '../record.ts'
import { Carry } from './carry.ts'
import { JsonArrayFinder } from './json-array-finder.ts'
import { JsonValueScanner } from './json-value-scanner.ts'
import { DEFAULT_MAX_RECORD_BYTES, tooLargeError } from './limits.ts'
import { invalidUtf8Error, isUtf8Within } from './utf8.ts'

const LF = 10
const COMMA = 44
const COLON = 58
const CLOSE_ARRAY = 93
const CLOSE_OBJECT = 125
const BOM = [0xef, 0xbb, 0xbf]

export interface JsonOptions {
  /** Keys that lead to the array; default `[]`, an array at the top. null: the document is the one record. */
  path?: readonly string[] | null | undefined
  /** Default 16 MiB. */
  maxRecordBytes?: number | undefined
}

/** Where the splitter stands, between two bytes. */
type State =
  | 'seek' // before the array
  | 'first' // behind its [
  | 'next' // behind a comma
  | 'after' // behind an element
  | 'element' // in one
  | 'tail' // behind the array, in the document around it
  | 'done' // behind the document
  | 'rest' // in a record whose end cannot be told

/**
 * JSON: each element of an array is a record. Elements are found by brackets and strings; what is in them is
 * not looked at. A missing comma makes the element behind it a reject, a missing element is one without bytes.
 * Brackets that do not match leave no way to tell where their record ends: the rest of the source is one
 * reject; so is what follows the document. An array that is not closed is a reject behind its last element.
 */
export class JsonSplitter implements Splitter {
  readonly #path: readonly string[] | null
  readonly #maxBytes: number
  readonly #carry: Carry
  readonly #finder: JsonArrayFinder
  readonly #scanner = new JsonValueScanner()
  readonly #startLine: number
  #state: State
  #records: number
  /** Where the chunk in hand starts. */
  #chunkOffset: number
  /** Line ends passed, but for those that finder and scanner have counted. */
  #lines = 0
  #recordOffset: number
  #recordLine: number
  /** In the chunk: where the part of the record in hand starts that is not carried yet. */
  #from = 0
  #error: RecordError | null = null
  /** Bytes of a byte order mark that the source starts with. */
  #bom = 0

  constructor(options: JsonOptions = {}, start: SplitterStart = { byteOffset: 0, line: 1, records: 0 }) {
    this.#path = options.path === undefined ? [] : options.path
    this.#maxBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES
    this.#carry = new Carry(this.#maxBytes)
    this.#finder = new JsonArrayFinder(this.#path ?? [])
    this.#startLine = start.line
    this.#records = start.records
    this.#chunkOffset = start.byteOffset
    this.#recordOffset = start.byteOffset
    this.#recordLine = start.line
    if (start.byteOffset > 0) this.#state = this.#path === null ? 'done' : 'after'
    else this.#state = this.#path === null ? 'first' : 'seek'
  }

  push(chunk: Buffer): SourceRecord[] {
    const records: SourceRecord[] = []
    const between = this.#state === 'first' || this.#state === 'next' || this.#state === 'after'
    const valid = isUtf8Within(chunk, !between)
    this.#from = 0
    let i = 0
    while (i < chunk.length && this.#chunkOffset + i === this.#bom && chunk[i] === BOM[this.#bom]) {
      this.#bom++
      i++
    }
    if (i < chunk.length && (this.#bom === 1 || this.#bom === 2)) throw this.#finder.fail()
    while (i < chunk.length) i = this.#step(chunk, i, valid, records)
    if (this.#state === 'element' || this.#state === 'rest') this.#carry.add(chunk.subarray(this.#from))
    this.#chunkOffset += chunk.length
    return records
  }

  end(): SourceRecord[] {
    if (this.#state === 'seek' && this.#finder.started) throw this.#finder.fail()
    const blank = this.#state === 'seek' || (this.#state === 'first' && this.#path === null)
    if (blank || this.#state === 'done') return []
    if (this.#state !== 'element' && this.#state !== 'rest') this.#startRecord(0, null)
    const isWhole = this.#path === null && this.#scanner.isBare
    if (this.#state !== 'rest' && !isWhole) this.#error = truncated(this.#chunkOffset)
    return [this.#finish(this.#chunkOffset, false)]
  }

  /** Does what the state asks for, from `i` on; returns the index from which to go on. */
  #step(chunk: Buffer, i: number, valid: boolean, records: SourceRecord[]): number {
    switch (this.#state) {
      case 'seek': {
        const behind = this.#finder.find(chunk, i)
        if (behind !== -1) this.#state = 'first'
        return behind === -1 ? chunk.length : behind
      }
      case 'element': {
        const end = this.#scanner.scan(chunk, i)
        if (end === -1) return chunk.length
        if (this.#scanner.mismatched) return this.#loseEnd(chunk, end)
        const carried = this.#carry.length > 0
        this.#carry.add(chunk.subarray(this.#from, end))
        records.push(this.#finish(this.#chunkOffset + end, valid && !carried))
        return end
      }
      case 'tail': {
        const end = this.#scanner.scan(chunk, i)
        if (end === -1) return chunk.length
        if (this.#scanner.mismatched) return this.#startRest(chunk, end)
        this.#state = 'done'
        return end
      }
      case 'rest':
        for (let at = chunk.indexOf(LF, i); at !== -1; at = chunk.indexOf(LF, at + 1)) this.#lines++
        return chunk.length
      default:
        return this.#between(chunk, i, records)
    }
  }

  /** Outside of elements. */
  #between(chunk: Buffer, i: number, records: SourceRecord[]): number {
    const byte = chunk[i] as number
    if (byte <= 0x20) {
      if (byte === LF) this.#lines++
      return i + 1
    }
    const isEnd = byte === COMMA || byte === CLOSE_ARRAY
    if (this.#state === 'done' || byte === CLOSE_OBJECT || byte === COLON || (isEnd && this.#path === null)) {
      return this.#startRest(chunk, i)
    }
    if (!isEnd) {
      this.#startRecord(i, this.#state === 'after' ? MISSING_COMMA : null)
      this.#scanner.begin(byte)
      this.#state = 'element'
      return i
    }
    if (this.#state === 'next' || (this.#state === 'first' && byte === COMMA)) {
      this.#startRecord(i, MISSING_ELEMENT)
      records.push(this.#finish(this.#recordOffset, true))
    }
    if (byte === COMMA) this.#state = 'next'
    else this.#closeArray()
    return i + 1
  }

  #closeArray(): void {
    const depth = this.#path?.length ?? 0
    this.#state = depth === 0 ? 'done' : 'tail'
    this.#scanner.beginWithin(depth)
  }

  /** A record that goes on to the end of the source starts at `i`. */
  #startRest(chunk: Buffer, i: number): number {
    const isDone = this.#state === 'done'
    const where = isDone ? 'nothing after the document' : 'a comma, an element or the end of the array'
    const got = JSON.stringify(String.fromCharCode(chunk[i] as number))
    const code = isDone ? 'trailing-content' : 'invalid-json'
    const message = `expected ${where} at byte offset ${this.#chunkOffset + i}, got ${got}; ${REST}`
    this.#startRecord(i, { code, message })
    this.#state = 'rest'
    return i
  }

  /** The record in hand has brackets that do not match, as `chunk[i]` shows. */
  #loseEnd(chunk: Buffer, i: number): number {
    const bracket = String.fromCharCode(chunk[i] as number)
    const message = `the "${bracket}" at byte offset ${this.#chunkOffset + i} closes what is not open; ${REST}`
    this.#error = { code: 'invalid-json', message }
    this.#state = 'rest'
    return i
  }

  #startRecord(i: number, error: RecordError | null): void {
    this.#recordOffset = this.#chunkOffset + i
    this.#recordLine = this.#line
    this.#from = i
    this.#error = error
  }

  get #line(): number {
    return this.#startLine + this.#lines + this.#finder.lines + this.#scanner.lines
  }

  /** Takes the record from the carry. */
  #finish(nextByteOffset: number, valid: boolean): SourceRecord {
    const { length } = this.#carry
    const bytes = this.#carry.take()
    const record: SourceRecord = {
      number: ++this.#records,
      line: this.#recordLine,
      byteOffset: this.#recordOffset,
      nextLine: this.#line,
      nextByteOffset,
      bytes,
    }
    if (this.#error !== null) record.error = this.#error
    else if (bytes === null) record.error = tooLargeError(length, this.#maxBytes)
    else if (!valid && !isUtf8(bytes)) record.error = invalidUtf8Error(bytes, this.#recordOffset)
    this.#error = null
    this.#state = this.#path === null ? 'done' : 'after'
    return record
  }
}

const REST = 'where a record ends cannot be told any more, and the rest of the source is one reject'

const MISSING_COMMA: RecordError = {
  code: 'missing-comma',
  message: 'expected a comma between this element and the one before',
}

const MISSING_ELEMENT: RecordError = {
  code: 'missing-element',
  message: 'expected an element here: a comma has none before or behind it',
}

function truncated(byteOffset: number): RecordError {
  return {
    code: 'truncated',
    message: `the JSON document is cut short: the source ends at byte offset ${byteOffset}, before it is closed`,
  }
}
