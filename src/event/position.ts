/**
 * Where an event stands in the log: t × 2^31 + i, with t in seconds since 1970 and i an ordinal below 2^31.
 * A bigint in code, a decimal string in JSON.
 */
const ORDINALS = 1n << 31n
/** Ordinals that belong to one millisecond of a backfill (and of SQLite's clock). */
const PER_MILLISECOND = 1 << 21

/** The first position of a millisecond: (second, ms × 2^21). Negative times count as 0. */
export function positionAt(timeMs: number): bigint {
  if (timeMs <= 0) return 0n
  const seconds = Math.floor(timeMs / 1000)
  return BigInt(seconds) * ORDINALS + BigInt((timeMs - seconds * 1000) * PER_MILLISECOND)
}

/** The last position of a millisecond. */
export function lastPositionAt(timeMs: number): bigint {
  return positionAt(timeMs) + BigInt(PER_MILLISECOND - 1)
}

/**
 * The position of a backfilled event: its `created_at`, and within the millisecond the order of its source,
 * where it is the n-th event, from 1. Before 1970 everything stands in second 0, in the source's order.
 */
export function backfillPosition(createdAtMs: number, n: number): bigint {
  const ordinal = ((n - 1) % (PER_MILLISECOND - 1)) + 1
  return positionAt(createdAtMs) + BigInt(ordinal)
}

/** The time of a position in milliseconds since 1970, as exactly as its ordinal tells. */
export function positionTimeMs(position: bigint): number {
  const ordinal = Number(position & (ORDINALS - 1n))
  return Number(position / ORDINALS) * 1000 + Math.min(999, Math.floor(ordinal / PER_MILLISECOND))
}

/** How far `position` is on the way between two others, from 0 to 1; 1 where there is no way. */
export function shareOfWay(from: bigint, to: bigint, position: bigint): number {
  return to > from ? Number(position - from) / Number(to - from) : 1
}

/** A decimal string, as it stands in JSON; null where it is not a position. */
export function parsePosition(text: string): bigint | null {
  if (!/^\d{1,19}$/.test(text)) return null
  const position = BigInt(text)
  return position < 1n << 63n ? position : null
}
