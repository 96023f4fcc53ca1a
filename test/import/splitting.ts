import type { SourceRecord, Splitter } from '../../src/import/record.ts'

/** All records of `bytes`, pushed in chunks that end at `cuts` (any numbers, taken modulo the length). */
export function splitAll(splitter: Splitter, bytes: Buffer, cuts: readonly number[] = []): SourceRecord[] {
  const ends = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)
  const records: SourceRecord[] = []
  let from = 0
  for (const end of [...ends, bytes.length]) {
    // A copy that ends with its bytes: a splitter that keeps an offset into another chunk is caught.
    records.push(...splitter.push(Buffer.from(bytes.subarray(from, end))))
    from = end
  }
  records.push(...splitter.end())
  return records
}

/** A record as plain data, its bytes as text (latin1: nothing is lost). */
export function plain(record: SourceRecord): Record<string, unknown> {
  return { ...record, bytes: record.bytes === null ? null : record.bytes.toString('latin1') }
}

export function plainAll(records: readonly SourceRecord[]): Record<string, unknown>[] {
  return records.map(plain)
}

/** The texts of the records, `!code` for a reject. */
export function outline(records: readonly SourceRecord[]): string[] {
  return records.map((record) =>
    record.error === undefined ? (record.bytes?.toString() ?? '') : `!${record.error.code}`,
  )
}
