import type { Answer } from './post.ts'

/** What an answer means for the event that was sent. */
export type Verdict =
  | 'stored'
  | 'duplicate'
  /** Nobody would ever take it as it is: it is set aside. */
  | 'refused'
  /** The token is not taken: nothing can be sent until somebody sees to it. */
  | 'not-allowed'
  /** The server is away, or has too much to do: all wait. */
  | 'away'
  /** It may be this event alone: it waits, with those of its aggregate. */
  | 'failed'

const REFUSED = new Set([400, 422])
const AWAY = new Set([0, 429, 502, 503, 504])

/**
 * By the status alone. What does not name its store is no Demetra, whatever it says: a proxy, or another site at a
 * wrong URL. It neither takes an event nor refuses one, but for its length.
 */
export function verdictOf({ status, store }: Answer): Verdict {
  if (status === 413) return 'refused'
  if (status === 401 || status === 403) return 'not-allowed'
  if (AWAY.has(status)) return 'away'
  if (store === null) return 'away'
  if (status === 200) return 'stored'
  if (status === 409) return 'duplicate'
  return REFUSED.has(status) ? 'refused' : 'failed'
}

/** For people. */
export function reasonText({ status, reason, store }: Answer): string {
  return status === 200 || status === 409 ? (store ?? `${reason}: what answers is no Demetra`) : reason
}
