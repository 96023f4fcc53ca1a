import { parse } from 'csv-parse/sync'
import type { RawRecord } from './csv-scanner.ts'

const LF = Buffer.from('\n')

/**
 * The fields of records without errors, in their order. Those without a quote are split at the delimiter;
 * csv-parse decodes the others, all in one call. null: csv-parse refuses it.
 */
export function decodeFields(records: readonly RawRecord[], delimiter: string): (string[] | null)[] {
  const quoted = records.filter((record) => record.quoted)
  const decoded = quoted.length === 0 ? [] : decodeQuoted(quoted, delimiter)
  let next = 0
  return records.map((record) =>
    record.quoted ? (decoded[next++] ?? null) : (record.bytes as Buffer).toString().split(delimiter),
  )
}

function decodeQuoted(records: readonly RawRecord[], delimiter: string): (string[] | null)[] {
  try {
    const lines = records.flatMap((record) => [record.bytes as Buffer, LF])
    const rows = parse(Buffer.concat(lines), {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
    })
    if (rows.length === records.length) return rows
  } catch {
    // One of them; it is found by taking them one by one.
  }
  return records.length === 1 ? [null] : records.map((record) => decodeQuoted([record], delimiter)[0] ?? null)
}
