import type { Timestamp } from 'mongodb'

/**
 * A position as MongoDB holds it: Timestamp(t, i) for t × 2^31 + i. The order is the same; t takes up to 32 bits,
 * so both halves are unsigned.
 */
export interface TimestampParts {
  /** Seconds since 1970. */
  t: number
  /** Ordinal within the second. */
  i: number
}

const bigints = new BigUint64Array(1)
/** The same 8 bytes, low half first (Node runs on little-endian machines only). */
const halves = new Uint32Array(bigints.buffer)

export function timestampOf(position: bigint): TimestampParts {
  bigints[0] = position
  const low = halves[0] as number
  return { t: (((halves[1] as number) << 1) | (low >>> 31)) >>> 0, i: low & 0x7fffffff }
}

export function positionOf(t: number, i: number): bigint {
  halves[0] = (t << 31) | i
  halves[1] = t >>> 1
  return bigints[0] as bigint
}

/** For queries. The class is given, so that reading and writing bytes does not load the driver. */
export function toTimestamp(
  position: bigint,
  TimestampClass: new (parts: TimestampParts) => Timestamp,
): Timestamp {
  return new TimestampClass(timestampOf(position))
}

export function fromTimestamp(timestamp: Timestamp): bigint {
  return positionOf(timestamp.t, timestamp.i)
}
