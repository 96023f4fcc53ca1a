import { decodeFields } from './formats/csv-fields.ts'
import { CsvScanner } from './formats/csv-scanner.ts'
import { formatUsage } from './sniff-error.ts'

const CANDIDATES = [',', ';', '\t', '|'] as const

/** As far as is looked, in bytes and in records. */
const LOOK_BYTES = 256 * 1024
const LOOK_RECORDS = 200
/** This share of the records, header included, must have as many fields as the header. */
const CONSISTENT = 0.5

/**
 * The delimiter with which the records of a CSV source have as many fields as its header, at least two; of
 * several the one with the most consistent records, then the most fields. null: there is none.
 */
export function findDelimiter(head: Buffer, complete: boolean): string | null {
  let best: { delimiter: string; consistent: number; fields: number } | null = null
  for (const delimiter of CANDIDATES) {
    const counts = fieldCounts(head, complete, delimiter)
    const fields = counts[0] ?? 0
    const consistent = counts.filter((count) => count === fields).length / counts.length
    if (fields < 2 || consistent < CONSISTENT) continue
    if (
      best === null ||
      consistent > best.consistent ||
      (consistent === best.consistent && fields > best.fields)
    ) {
      best = { delimiter, consistent, fields }
    }
  }
  return best?.delimiter ?? null
}

function fieldCounts(head: Buffer, complete: boolean, delimiter: string): number[] {
  const look = head.subarray(0, LOOK_BYTES)
  const start = { byteOffset: 0, line: 1, records: 0 }
  const scanner = new CsvScanner(delimiter.charCodeAt(0), LOOK_BYTES, start)
  let records = scanner.push(look)
  if (complete && look.length === head.length) records = [...records, ...scanner.end()]
  records = records.filter(({ bytes }) => bytes !== null && bytes.length > 0)
  const [first] = records
  if (first === undefined || first.error !== null) return []
  const found = records.filter(({ error }) => error?.code !== 'unterminated-quote').slice(0, LOOK_RECORDS)
  const sound = decodeFields(
    found.filter(({ error }) => error === null),
    delimiter,
  )
  // Quotes in the middle of a field: often the delimiter is another one.
  const broken = found.filter(({ error }) => error !== null)
  return [...sound.map((fields) => fields?.length ?? 0), ...broken.map(() => 0)]
}

/** `--delimiter` as one ASCII character; `tab` and `\t` are one. Throws DemetraError (exit 2). */
export function readDelimiter(flag: string): string {
  const delimiter = flag === '\\t' || flag.toLowerCase() === 'tab' ? '\t' : flag
  if (/^[\t\x20-\x7e]$/.test(delimiter) && delimiter !== '"') return delimiter
  throw formatUsage(`--delimiter takes one ASCII character other than a quote, got ${JSON.stringify(flag)}`, [
    "For example `--delimiter ';'`, or `--delimiter tab`",
  ])
}
