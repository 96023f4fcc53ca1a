import type { LineChoice } from './line-choice.ts'
import { largeBuffers, type LineTable } from './line-table.ts'
import type { Block, Manifest } from './manifest.ts'
import { damagedSegment } from './segment-error.ts'
import type { SegmentEvent } from './segment-event.ts'
import { tableEvents } from './table-events.ts'
import { BlockDamage, unpackOnPool } from './unpack-blocks.ts'

const BATCH_EVENTS = 1000

/**
 * All events of a block, out of its bytes alone.
 *
 * @throws DemetraError DEMETRA_SEGMENT_DAMAGED
 */
export async function readBlock(
  manifest: Manifest,
  block: Block,
  bytes: Uint8Array,
): Promise<SegmentEvent[]> {
  const lines = await unpackBlock(manifest, block, bytes, null)
  return [...eventsOf(manifest, [block], lines)].flat()
}

/** The lines of a block, or those that are wanted, its text proved to be what was written. */
export async function unpackBlock(
  manifest: Manifest,
  block: Block,
  bytes: Uint8Array,
  choice: LineChoice,
): Promise<LineTable> {
  try {
    return await unpackOnPool(bytes, { blocks: [block], choice, isDecoded: false })
  } catch (error) {
    throw error instanceof BlockDamage ? damagedSegment(manifest, error.message, block) : error
  }
}

/**
 * The events of blocks, whose lines are of no use then: their memory is given back at once. V8 would wait for its next
 * full collection, and what waits makes it collect early: every 64 MB, with all that a fold holds.
 */
export function* eventsOf(
  manifest: Manifest,
  blocks: readonly Block[],
  lines: LineTable,
): Generator<SegmentEvent[]> {
  try {
    for (let from = 0; from < lines.count; from += BATCH_EVENTS) {
      const { events, damagedAt } = tableEvents(lines, from, Math.min(lines.count, from + BATCH_EVENTS))
      yield events
      if (damagedAt !== null) throw damagedLine(manifest, blocks, damagedAt)
    }
  } finally {
    for (const buffer of largeBuffers(lines)) buffer.transfer(0)
  }
}

/** `byte`: of the text of all these blocks. */
function damagedLine(manifest: Manifest, blocks: readonly Block[], byte: number): Error {
  let at = byte
  for (const block of blocks) {
    if (at < block.textBytes)
      return damagedSegment(manifest, `the line at byte ${at} of its text is not as Demetra writes it`, block)
    at -= block.textBytes
  }
  throw new RangeError(`byte ${byte} is in none of the blocks`)
}
