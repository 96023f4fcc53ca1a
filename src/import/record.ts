/** One record of a source, as a splitter finds it: a CSV row, an NDJSON line, an element of a JSON array. */
export interface SourceRecord {
  /** 1 for the first; a CSV header is not counted. */
  number: number
  /** Line on which it starts, from 1, and where it starts in the (decompressed) source, from 0. */
  line: number
  byteOffset: number
  /** Where the next record may start: what a resume goes on from. */
  nextLine: number
  nextByteOffset: number
  /** Its own bytes, without the line end or comma; null where it was too large to keep. */
  bytes: Buffer | null
  /** CSV: the fields, in the order of the header. */
  fields?: string[]
  /** Why it cannot become an event; the record is a reject. */
  error?: RecordError
}

export interface RecordError {
  /** Stable, kebab-case: `invalid-utf8`, `record-too-large`, `unterminated-quote`, `field-count` … */
  code: string
  message: string
}

/** Where a splitter stands between two records. */
export interface SplitterStart {
  byteOffset: number
  line: number
  /** Records before it. */
  records: number
  /** CSV: the header was read before. */
  columns?: readonly string[]
}

/**
 * Cuts a source's bytes into records. Pure: any split of the bytes into chunks gives the same records. A
 * broken record costs itself alone; where its end cannot be told, the rest of the source is one reject.
 */
export interface Splitter {
  push(chunk: Buffer): SourceRecord[]
  end(): SourceRecord[]
  /** CSV: the header's columns, once it has been read. */
  readonly columns?: readonly string[] | undefined
}
