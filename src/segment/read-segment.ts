import type { LogPoint, StoredEvent } from '../event/event.ts'
import { BlockBytes } from './block-bytes.ts'
import { LinesWith } from './lines-with.ts'
import { inLogOrder } from '../event/log-order.ts'
import { blocksBetween, type Block, type Manifest } from './manifest.ts'
import { eventsOf, inflateBlock } from './read-block.ts'
import type { SegmentBytes } from './segment-bytes.ts'
import { WantedTypes } from './wanted-types.ts'

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

/** Blocks that are being inflated, or are so already, beside the one in use. */
const READ_AHEAD = 8

/**
 * The events of a segment in log order, a batch for each block that holds any. Every block is proved by its CRC-32
 * before its events come out; lines of other types are not parsed. Where all blocks are read the object's SHA-256 is
 * checked too, after the last batch; where `after` and `upTo` leave some out, only the others are asked for.
 *
 * @throws DemetraError DEMETRA_SEGMENT_DAMAGED, and what `bytes` throws
 */
export async function* readSegment(
  manifest: Manifest,
  bytes: SegmentBytes,
  { after, upTo, types, containing }: ReadSegmentOptions = {},
): AsyncGenerator<StoredEvent[]> {
  const wanted = types === undefined ? null : new WantedTypes(types, manifest)
  if (wanted?.events === 0) return
  const ofTypes = wanted?.events === manifest.events ? null : wanted
  const filter = containing === undefined ? ofTypes : new LinesWith(containing)
  const isAfter = (event: StoredEvent): boolean => after === undefined || inLogOrder(event, after) > 0
  const isUpTo = (event: StoredEvent): boolean => upTo === undefined || event.position <= upTo
  const source = new BlockBytes(manifest, bytes, blocksBetween(manifest, after?.position, upTo))
  for await (const { block, text } of inflateAhead(manifest, source)) {
    let events = eventsOf(manifest, block, text, filter)
    release(text)
    const [first, last] = [events[0], events.at(-1)]
    if (first === undefined || last === undefined) continue
    if (!isAfter(first) || !isUpTo(last)) events = events.filter((event) => isAfter(event) && isUpTo(event))
    if (events.length > 0) yield events
  }
  source.check()
}

/** The texts of blocks in their order, some of them inflated ahead. */
async function* inflateAhead(
  manifest: Manifest,
  source: BlockBytes,
): AsyncGenerator<{ block: Block; text: Buffer }> {
  const ahead: { block: Block; inflated: Promise<Buffer> }[] = []
  for await (const { block, bytes } of source.read()) {
    const inflated = inflateBlock(manifest, block, bytes)
    // one that fails is told when its turn comes
    inflated.catch(() => {})
    const first = ahead.length === READ_AHEAD ? ahead.shift() : undefined
    ahead.push({ block, inflated })
    if (first !== undefined) yield { block: first.block, text: await first.inflated }
  }
  for (const { block, inflated } of ahead) yield { block, text: await inflated }
}

/** The smallest block whose memory is worth giving back; smaller ones may also share theirs. */
const LARGE_BYTES = 64 * 1024

/**
 * Gives a text's memory back at once. V8 would wait for its next full collection, and what waits makes it collect
 * early: every 64 MB, with all that a fold holds.
 */
function release(text: Buffer): void {
  if (text.length >= LARGE_BYTES && text.buffer instanceof ArrayBuffer) text.buffer.transfer(0)
}
