import { pause } from '../../pause.ts'
import { isNoConnection, isPassing } from './errors.ts'

export interface S3Timing {
  /** No byte either way for so long: the request is lost. Default 20 s. */
  stallMs: number
  /** A call is tried again until so long after its start; then a try that still runs is broken off. Default 120 s. */
  deadlineMs: number
  /** Where nobody answers at all, it is tried again only so long. Default 15 s. */
  noConnectionMs: number
  /** Before the second try; doubled before each one after. Default 200 ms. */
  firstPauseMs: number
}

export const S3_TIMING: S3Timing = {
  stallMs: 20_000,
  deadlineMs: 120_000,
  noConnectionMs: 15_000,
  firstPauseMs: 200,
}
const LONGEST_PAUSE_MS = 5000
/** A line as slow as that, 64 KiB a second, is no lost one. */
const SLOWEST_BYTES_PER_MS = 64

/**
 * Makes a request, and again while what it fails by may pass.
 *
 * @param bytes that go over the line: with many of them a try may run on beyond the deadline
 * @param work one try, over when its signal is aborted
 * @param closing nobody waits any more
 */
export async function patiently<Result>(
  { deadlineMs, noConnectionMs, firstPauseMs }: S3Timing,
  bytes: number,
  work: (signal: AbortSignal) => Promise<Result>,
  closing: AbortSignal,
): Promise<Result> {
  const startedAt = performance.now()
  const breakOffMs = deadlineMs + bytes / SLOWEST_BYTES_PER_MS
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const controller = new AbortController()
    const leftMs = Math.max(startedAt + breakOffMs - performance.now(), 1)
    const timer = setTimeout(() => controller.abort(), leftMs)
    try {
      return await work(AbortSignal.any([controller.signal, closing]))
    } catch (error) {
      const untilMs = isNoConnection(error) ? Math.min(noConnectionMs, deadlineMs) : deadlineMs
      if (!isPassing(error) || closing.aborted || performance.now() + pauseMs > startedAt + untilMs)
        throw error
    } finally {
      clearTimeout(timer)
    }
    // many that were told to slow down do not come back all at once
    await pause(pauseMs * (0.5 + Math.random() / 2), closing)
  }
}
