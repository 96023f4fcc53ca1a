import type { LogPoint } from './event.ts'

const LAST_ID = new Uint8Array(16).fill(0xff)

/** The order of the log: by position, then by id. Negative where `a` stands before `b`. */
export function inLogOrder(a: LogPoint, b: LogPoint): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1
  return Buffer.compare(a.id, b.id)
}

/** The point after every event at `position`. */
export function endOf(position: bigint): LogPoint {
  return { position, id: LAST_ID }
}

/** The point before every event: no position is negative. */
export const LOG_START = endOf(-1n)
