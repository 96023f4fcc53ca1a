import type { Cursor, RejectedRecord } from './batches.ts'
import type { MappingOptions } from './mapping/mapper.ts'

/** A source record that could not become an event: one line of the rejects file, field by field. */
export interface Reject {
  source: string
  /** Of the source, so that records of different dumps are told apart. */
  fingerprint: string
  record: number
  line: number
  byteOffset: number
  code: string
  message: string
  /** The record's text, to be repaired; null where it was too large to keep. */
  raw: string | null
  /** The CSV header that the record belongs to; null for JSON. */
  columns: readonly string[] | null
  mapping: RejectMapping
}

/** How the record was read, so that the rejects file can be imported without a flag. */
export interface RejectMapping extends MappingOptions {
  format: 'csv' | 'json' | 'ndjson'
  delimiter?: string
  position: 'created' | 'received'
  full?: boolean
}

/** A rejected record as a line of the rejects file; one of a rejects file keeps its place in the first source. */
export function toReject(
  { record, code, message }: RejectedRecord,
  source: string,
  plan: { fingerprint: string; mapping: RejectMapping; repairs: boolean },
  cursor: Cursor,
): Reject {
  const raw = record.bytes === null ? null : rawText(record.bytes)
  const again = plan.repairs && raw !== null ? parseReject(raw) : null
  if (again !== null) return { ...again, code, message }
  return {
    source,
    fingerprint: plan.fingerprint,
    record: record.number,
    line: record.line,
    byteOffset: record.byteOffset,
    code,
    message,
    raw,
    columns: cursor.columns ?? null,
    mapping: plan.mapping,
  }
}

/** A line of a rejects file; null for any other text. */
export function parseReject(line: string): Reject | null {
  try {
    const value = JSON.parse(line) as Partial<Reject> | null
    const isReject =
      typeof value?.source === 'string' &&
      typeof value.fingerprint === 'string' &&
      typeof value.record === 'number' &&
      typeof value.code === 'string' &&
      (typeof value.raw === 'string' || value.raw === null) &&
      typeof value.mapping === 'object' &&
      value.mapping !== null
    return isReject ? (value as Reject) : null
  } catch {
    return null
  }
}

/**
 * The record's bytes as text. Bytes that are no UTF-8 become lone surrogates U+DC80 to U+DCFF (as Python's
 * surrogateescape has it): nothing is lost, and an import of the unrepaired line rejects it again.
 */
export function rawText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\uFFFD')) return text
  let escaped = ''
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) escaped += String.fromCharCode(0xdc00 + (bytes[at] as number))
    else escaped += bytes.toString('utf8', at, at + length)
    at += Math.max(1, length)
  }
  return escaped
}

/** Bytes of the UTF-8 sequence that starts here; 0 where none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const text = bytes.toString('utf8', at, at + length)
  return Buffer.byteLength(text) === length && (!text.includes('\uFFFD') || isReplacement(bytes, at))
    ? length
    : 0
}

function isReplacement(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd
}
