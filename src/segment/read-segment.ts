import type { LogPoint, StoredEvent } from '../event/event.ts'
import { BlockBytes } from './block-bytes.ts'
import type { BlockThread } from './block-thread.ts'
import { inLogOrder } from '../event/log-order.ts'
import type { LineChoice } from './line-choice.ts'
import { chooseTypes } from './lines-of-types.ts'
import type { LineTable } from './line-table.ts'
import { blocksBetween, type Block, type Manifest } from './manifest.ts'
import { eventsOf, unpackBlock, type Unpack } from './read-block.ts'
import type { SegmentBytes } from './segment-bytes.ts'
import { unpackOnPool } from './unpack-block.ts'

export interface ReadSegmentOptions {
  /** Exclusive. */
  after?: LogPoint
  /** Inclusive, whole position. */
  upTo?: bigint
  /** Left out: all types. */
  types?: readonly string[]
  /** Only events whose lines hold this text. Not together with `types`. */
  containing?: string
}

/** Blocks that are being unpacked, or are so already, beside the one in use. */
const READ_AHEAD = 8
/** So many that a thread of their own is worth its start. */
const MANY_EVENTS = 20_000

/**
 * The events of a segment in log order, a batch for each block that holds any. Every block is proved by its CRC-32
 * before its events come out; lines of other types are not parsed. Where all blocks are read the object's SHA-256 is
 * checked too, after the last batch; where `after` and `upTo` leave some out, only the others are asked for.
 *
 * @param thread takes over what can be done beside the reader's own thread, where there is enough of it
 * @throws DemetraError DEMETRA_SEGMENT_DAMAGED, and what `bytes` throws
 */
export async function* readSegment(
  manifest: Manifest,
  bytes: SegmentBytes,
  { after, upTo, types, containing }: ReadSegmentOptions = {},
  thread: BlockThread | null = null,
): AsyncGenerator<StoredEvent[]> {
  const chosen = types === undefined ? null : chooseTypes(types, manifest)
  if (chosen?.events === 0) return
  const ofTypes = chosen?.events === manifest.events ? null : (chosen?.choice ?? null)
  const choice = containing === undefined ? ofTypes : { containing }
  const isAfter = (event: StoredEvent): boolean => after === undefined || inLogOrder(event, after) > 0
  const isUpTo = (event: StoredEvent): boolean => upTo === undefined || event.position <= upTo
  const blocks = blocksBetween(manifest, after?.position, upTo)
  const source = new BlockBytes(manifest, bytes, blocks)
  const inBlocks = blocks.reduce((sum, { events }) => sum + events, 0)
  const isMany = containing === undefined && Math.min(inBlocks, chosen?.events ?? inBlocks) >= MANY_EVENTS
  const unpack: Unpack = isMany && thread !== null ? (...block) => thread.unpack(...block) : unpackOnPool
  for await (const { block, lines } of unpackAhead(manifest, source, choice, unpack)) {
    let events: StoredEvent[] = eventsOf(manifest, block, lines)
    const [first, last] = [events[0], events.at(-1)]
    if (first === undefined || last === undefined) continue
    if (!isAfter(first) || !isUpTo(last)) events = events.filter((event) => isAfter(event) && isUpTo(event))
    if (events.length > 0) yield events
  }
  source.check()
}

/** The lines of blocks in their order, some of them unpacked ahead. */
async function* unpackAhead(
  manifest: Manifest,
  source: BlockBytes,
  choice: LineChoice,
  unpack: Unpack,
): AsyncGenerator<{ block: Block; lines: LineTable }> {
  const ahead: { block: Block; unpacked: Promise<LineTable> }[] = []
  for await (const { block, bytes } of source.read()) {
    const unpacked = unpackBlock(manifest, block, bytes, choice, unpack)
    // one that fails is told when its turn comes
    unpacked.catch(() => {})
    const first = ahead.length === READ_AHEAD ? ahead.shift() : undefined
    ahead.push({ block, unpacked })
    if (first !== undefined) yield { block: first.block, lines: await first.unpacked }
  }
  for (const { block, unpacked } of ahead) yield { block, lines: await unpacked }
}
