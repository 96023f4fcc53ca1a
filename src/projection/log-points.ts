import type { LogPoint } from '../event/event.ts'
import { inLogOrder } from '../event/log-order.ts'

/** Whether something at or below `position` can still lie ahead of a checkpoint. */
export function isBehind(checkpoint: LogPoint | null, position: bigint): boolean {
  if (checkpoint === null) return position > 0n
  if (checkpoint.position !== position) return checkpoint.position < position
  return !checkpoint.id.every((byte) => byte === 0xff)
}

/** In log order. Everything is after null. */
export function isAfter(point: LogPoint, checkpoint: LogPoint | null): boolean {
  return checkpoint === null || inLogOrder(point, checkpoint) > 0
}
