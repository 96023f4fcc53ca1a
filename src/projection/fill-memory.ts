import { getHeapStatistics } from 'node:v8'

/** Rows kept in memory at most while a generation is filled. */
export const MAX_ROWS = 300_000
/** Rows may be large: of the memory that Node allows itself, no more than this part is taken. */
const HEAP_SHARE = 0.5
/** Node's limit counts this in, and only objects that are young may use it: on a small heap it is most of the limit. */
const YOUNG_BYTES = 192 * 1024 * 1024

/** Whether the rows that are kept have to leave memory. */
export function isMemoryFull(rows: number, maxRows: number): boolean {
  if (rows > maxRows) return true
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used > (limit - YOUNG_BYTES) * HEAP_SHARE
}
