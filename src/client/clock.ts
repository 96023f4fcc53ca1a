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
