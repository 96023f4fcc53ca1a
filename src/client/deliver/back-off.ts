const FIRST_MS = 1000
const LONGEST_MS = 5 * 60_000
/** What a server may ask for. */
const LONGEST_ASKED_MS = 3_600_000

/** Nothing is tried for longer than a year (P1Y). */
export const MOST_AGE_MS = 365 * 24 * 3_600_000

/**
 * After the n-th failure: 1 s, 2 s, 4 s … up to five minutes, a quarter more or less, so that not all producers come
 * back in the same moment. What the server asks for (Retry-After) is waited at the least, up to an hour.
 */
export function backOffMs(failures: number, askedMs: number | null, random: () => number): number {
  const plainMs = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
  return Math.max(plainMs * (0.75 + random() / 2), Math.min(askedMs ?? 0, LONGEST_ASKED_MS))
}
