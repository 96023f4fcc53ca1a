import { isAscii } from 'node:buffer'
import { promisify } from 'node:util'
import { constants, crc32, inflateRaw } from 'node:zlib'
import type { StoredEvent } from '../event/event.ts'
import { hex32 } from './json-file.ts'
import { eachLine, type VisitLine } from './lines.ts'
import type { Block, Manifest } from './manifest.ts'
import { readEventLine } from './read-event-line.ts'
import { readLineBytes } from './read-line-bytes.ts'
import { damagedSegment } from './segment-error.ts'

const inflate = promisify(inflateRaw)

/** Chooses lines of a block's text. */
export interface LineFilter {
  eachLine(text: Buffer, visit: VisitLine): void
}

/** More than a block has, so that zlib needs no second buffer to see that nothing follows. */
const ROOM_BYTES = 64

/**
 * All events of a block, out of its bytes alone.
 *
 * @throws DemetraError DEMETRA_SEGMENT_DAMAGED
 */
export async function readBlock(manifest: Manifest, block: Block, bytes: Uint8Array): Promise<StoredEvent[]> {
  return eventsOf(manifest, block, await inflateBlock(manifest, block, bytes), null)
}

/** The text of a block, proved to be what was written. Inflates on the thread pool. */
export async function inflateBlock(manifest: Manifest, block: Block, bytes: Uint8Array): Promise<Buffer> {
  const sizeBytes = block.textBytes + ROOM_BYTES
  const text = await inflate(bytes, {
    // a block is not the end of its gzip member
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize: sizeBytes,
    maxOutputLength: sizeBytes,
  }).catch((error: Error) => {
    throw damagedSegment(manifest, `it cannot be inflated: ${error.message}`, block)
  })
  if (text.length !== block.textBytes)
    throw damagedSegment(manifest, `it holds ${text.length} bytes of text, not ${block.textBytes}`, block)
  const found = crc32(text)
  if (found !== block.crc32)
    throw damagedSegment(manifest, `its text has CRC-32 ${hex32(found)}, not ${hex32(block.crc32)}`, block)
  return text
}

/** The events of a block's text, or those whose lines are wanted. */
export function eventsOf(
  manifest: Manifest,
  block: Block,
  text: Buffer,
  wanted: LineFilter | null,
): StoredEvent[] {
  const events: StoredEvent[] = []
  const isPlain = isAscii(text)
  const visit: VisitLine = (start, end) => {
    const event = readLineBytes(text, start, end, isPlain) ?? readEventLine(text.toString('utf8', start, end))
    if (event === null)
      throw damagedSegment(
        manifest,
        `the line at byte ${start} of its text is not as Demetra writes it`,
        block,
      )
    events.push(event)
  }
  if (wanted !== null) wanted.eachLine(text, visit)
  else eachLine(text, visit)
  if (wanted === null && events.length !== block.events)
    throw damagedSegment(manifest, `it holds ${events.length} events, not ${block.events}`, block)
  return events
}
