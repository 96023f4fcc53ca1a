import type { LogPoint } from '../event/event.ts'

const LAST_ID = new Uint8Array(16).fill(0xff)

/** The point after every event at `position`. */
export function endOf(position: bigint): LogPoint {
  return { position, id: LAST_ID }
}

/** Whether something at or below `position` can still lie ahead of a checkpoint. */
export function isBehind(checkpoint: LogPoint | null, position: bigint): boolean {
  if (checkpoint === null) return position > 0n
  if (checkpoint.position !== position) return checkpoint.position < position
  return !checkpoint.id.every((byte) => byte === 0xff)
}

/** In log order: by position, then by id. Everything is after null. */
export function isAfter({ position, id }: LogPoint, checkpoint: LogPoint | null): boolean {
  if (checkpoint === null || position > checkpoint.position) return true
  return position === checkpoint.position && Buffer.compare(id, checkpoint.id) > 0
}
