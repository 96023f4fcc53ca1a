import type { LineChoice } from './line-choice.ts'
import { largeBuffers, type LineTable } from './line-table.ts'
import type { Block, Manifest } from './manifest.ts'
import { damagedSegment } from './segment-error.ts'
import type { SegmentEvent } from './segment-event.ts'
import { tableEvents } from './table-events.ts'
import { BlockDamage, unpackOnPool, type BlockRequest } from './unpack-block.ts'

export type Unpack = (bytes: Uint8Array, request: BlockRequest) => Promise<LineTable>

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
  return eventsOf(manifest, block, await unpackBlock(manifest, block, bytes, null))
}

/** The lines of a block, or those that are wanted, its text proved to be what was written. */
export async function unpackBlock(
  manifest: Manifest,
  block: Block,
  bytes: Uint8Array,
  choice: LineChoice,
  unpack: Unpack = unpackOnPool,
): Promise<LineTable> {
  const { textBytes, events, crc32 } = block
  try {
    return await unpack(bytes, { textBytes, events, crc32, choice })
  } catch (error) {
    throw error instanceof BlockDamage ? damagedSegment(manifest, error.message, block) : error
  }
}

/**
 * The events of lines, which are of no use then: their memory is given back at once. V8 would wait for its next full
 * collection, and what waits makes it collect early: every 64 MB, with all that a fold holds.
 */
export function eventsOf(manifest: Manifest, block: Block, lines: LineTable): SegmentEvent[] {
  const events = tableEvents(lines)
  for (const buffer of largeBuffers(lines)) buffer.transfer(0)
  if (typeof events === 'number')
    throw damagedSegment(
      manifest,
      `the line at byte ${events} of its text is not as Demetra writes it`,
      block,
    )
  return events
}
