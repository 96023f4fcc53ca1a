import type { LogPoint } from '../event/event.ts'

/** The order of the log: by position, then by id. Negative where `a` stands before `b`. */
export function inLogOrder(a: LogPoint, b: LogPoint): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1
  return Buffer.compare(a.id, b.id)
}
