import { setTimeout as delay } from 'node:timers/promises'

const INTERVAL_MS = 20

/** Asks again and again until `probe` has an answer; tests wait for what they need, never for a time. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`gave up waiting: ${what} (${timeoutMs} ms)`)
    await delay(INTERVAL_MS)
  }
}
