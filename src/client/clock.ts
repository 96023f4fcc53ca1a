import { pause } from '../pause.ts'

/** Time as the client and `deliver` see it; a test has one of its own, and a year of it passes in a moment. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Waits; ends early where `signal` is aborted. */
  pause(timeMs: number, signal?: AbortSignal): Promise<void>
  /** Aborted after so long: what a request may take. */
  timeout(timeMs: number): AbortSignal
}

export const systemClock: Clock = {
  now: Date.now,
  pause,
  timeout: (timeMs) => AbortSignal.timeout(timeMs),
}

/** The time of a clock, but never earlier than told before: one that is set back by a day makes nobody wait for a day. */
export function steadyTime(clock: Clock): () => number {
  let behindMs = 0
  let last = -Infinity
  return () => {
    const now = clock.now()
    behindMs = Math.max(behindMs, last - now)
    last = now + behindMs
    return last
  }
}
