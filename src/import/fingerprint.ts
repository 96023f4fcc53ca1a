import { createHash } from 'node:crypto'
import type { RejectMapping } from './reject.ts'

/** Bytes from the start of a source that its fingerprint is taken of. */
export const FINGERPRINT_BYTES = 64 * 1024

/**
 * What a source is recognised by when an import of it goes on: its size where it has one, its first 64 KiB
 * (decompressed) and how its records are read. Its name is no part of it: a moved file is the same source.
 */
export function fingerprintOf(head: Buffer, sizeBytes: number | null, mapping: RejectMapping): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([sizeBytes, sortedEntries(mapping)]))
  hash.update(head.subarray(0, FINGERPRINT_BYTES))
  return hash.digest('hex').slice(0, 32)
}

function sortedEntries(mapping: object): [string, unknown][] {
  return Object.entries(mapping)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}
