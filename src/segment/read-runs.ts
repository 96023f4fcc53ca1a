import type { LineTable } from './line-table.ts'
import type { Block, Manifest } from './manifest.ts'
import { eventsOf, unpackBlock } from './read-block.ts'
import type { SegmentEvent } from './segment-event.ts'
import { BlockDamage, type LinesAsked, type UnpackRequest } from './unpack-blocks.ts'

/** Unpacked at once: each turn costs the same, however much it unpacks. */
const MOST_RUN_BYTES = 1024 * 1024
/** The first ones, which somebody waits for, who may not want more. */
const LEAST_RUN_BYTES = 256 * 1024
/** Runs that are being unpacked, or are so already, beside the one in use. */
const READ_AHEAD = 3

export interface BlockPiece {
  block: Block
  bytes: Uint8Array
}

type Unpack = (bytes: Uint8Array, request: UnpackRequest) => Promise<LineTable>

/** The events of blocks that follow one another, some of them unpacked ahead. */
export async function* readRuns(
  manifest: Manifest,
  pieces: AsyncIterable<BlockPiece>,
  asked: LinesAsked,
  unpack: Unpack,
): AsyncGenerator<SegmentEvent[]> {
  const ahead: { run: BlockPiece[]; unpacked: Promise<LineTable> }[] = []
  for await (const run of runs(pieces)) {
    const unpacked = unpack(Buffer.concat(run.map(({ bytes }) => bytes)), {
      blocks: run.map(blockText),
      ...asked,
    })
    // one that fails is told when its turn comes
    unpacked.catch(() => {})
    ahead.push({ run, unpacked })
    const first = ahead.length > READ_AHEAD ? ahead.shift() : undefined
    if (first !== undefined) yield* runEvents(manifest, first.run, first.unpacked, asked)
  }
  for (const { run, unpacked } of ahead) yield* runEvents(manifest, run, unpacked, asked)
}

/** Where it is damaged, the events of the blocks in front of the damage come all the same. */
async function* runEvents(
  manifest: Manifest,
  run: readonly BlockPiece[],
  unpacked: Promise<LineTable>,
  { choice }: LinesAsked,
): AsyncGenerator<SegmentEvent[]> {
  const lines = await unpacked.catch((error: unknown) => {
    if (error instanceof BlockDamage) return null
    throw error
  })
  if (lines !== null) {
    yield* eventsOf(
      manifest,
      run.map(({ block }) => block),
      lines,
    )
    return
  }
  for (const { block, bytes } of run)
    yield* eventsOf(manifest, [block], await unpackBlock(manifest, block, bytes, choice))
}

async function* runs(pieces: AsyncIterable<BlockPiece>): AsyncGenerator<BlockPiece[]> {
  let run: BlockPiece[] = []
  let textBytes = 0
  let mostBytes = LEAST_RUN_BYTES
  for await (const piece of pieces) {
    if (run.length > 0 && textBytes + piece.block.textBytes > mostBytes) {
      yield run
      run = []
      textBytes = 0
      mostBytes = Math.min(MOST_RUN_BYTES, mostBytes * 2)
    }
    run.push(piece)
    textBytes += piece.block.textBytes
  }
  if (run.length > 0) yield run
}

const blockText = ({ block: { textBytes, events, crc32 } }: BlockPiece): UnpackRequest['blocks'][number] => ({
  textBytes,
  events,
  crc32,
})
