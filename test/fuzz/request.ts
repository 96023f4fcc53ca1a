import type { Judged } from './judge.ts'

export interface Request {
  /** How it came about, to tell what went wrong. */
  what: readonly string[]
  bytes: Buffer
  /** What becomes of the connection behind it. */
  after: 'kept' | 'ended' | 'cut'
  isPost: boolean
  isToHead: boolean
  isBatch: boolean
  /** The events in its body, null for what is none. */
  judged: readonly Judged[]
  /** Whose events its token may send. */
  services: readonly string[]
  /**
   * exact: each of `judged` has the result that is due; may: nothing else is taken; none: nothing is.
   */
  certainty: 'exact' | 'may' | 'none'
  /**
   * It is larger than is read, or its body is none that is taken there: the server closes the connection behind its
   * answer, and where more has come meanwhile it may break before the answer is seen.
   */
  mayLoseAnswer: boolean
  /** Its answer is to hold a payload: somebody asked for an event. */
  asksForPayload: boolean
}
