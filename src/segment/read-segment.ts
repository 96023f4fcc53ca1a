import type { LogPoint, StoredEvent } from '../event/event.ts'
import { BlockBytes } from './block-bytes.ts'
import type { BlockThread } from './block-thread.ts'
import { inLogOrder } from '../event/log-order.ts'
import { chooseTypes } from './lines-of-types.ts'
import { blocksBetween, type Manifest } from './manifest.ts'
import { readRuns } from './read-runs.ts'
import type { SegmentBytes } from './segment-bytes.ts'
import { unpackOnPool } from './unpack-blocks.ts'

export interface ReadSegmentOptions {
  /** Exclusive. */
  after?: LogPoint
  /** Inclusive, whole position. */
  upTo?: bigint
  /** Left out: all types. */
  types?: readonly string[]
  /** Only events whose lines hold this text. Not together with `types`. */
  containing?: string
  /** Payloads will be decoded: what can be done for it beside the reader's own thread, is. */
  isDecoded?: boolean
}

/**
 * The events of a segment in log order, in batches. Every block is proved by its CRC-32 before its events come out;
 * lines of other types are not parsed. Where all blocks are read the object's SHA-256 is checked too, after the last
 * batch; where `after` and `upTo` leave some out, only the others are asked for.
 *
 * @param thread takes over what can be done beside the reader's own thread, where there is enough of it
 * @throws DemetraError DEMETRA_SEGMENT_DAMAGED, and what `bytes` throws
 */
export async function* readSegment(
  manifest: Manifest,
  bytes: SegmentBytes,
  { after, upTo, types, containing, isDecoded = false }: ReadSegmentOptions = {},
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
  const expected = Math.min(inBlocks, chosen?.events ?? inBlocks)
  const beside = containing === undefined && thread?.expect(expected) === true ? thread : null
  const unpack = beside === null ? unpackOnPool : beside.unpack.bind(beside)
  for await (const batch of readRuns(manifest, source.read(), { choice, isDecoded }, unpack)) {
    let events: StoredEvent[] = batch
    const [first, last] = [events[0], events.at(-1)]
    if (first === undefined || last === undefined) continue
    if (!isAfter(first) || !isUpTo(last)) events = events.filter((event) => isAfter(event) && isUpTo(event))
    if (events.length > 0) yield events
  }
  source.check()
}
