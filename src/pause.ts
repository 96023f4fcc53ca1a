import { setTimeout as delay } from 'node:timers/promises'

/** Waits; ends early where `signal` is aborted, and the caller looks. */
export async function pause(timeMs: number, signal?: AbortSignal): Promise<void> {
  await delay(timeMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}
