import type { LogPoint } from '../event/event.ts'

/** Of segments, manifests and archive.json; grows with any change that an older Demetra would read wrongly. */
export const FORMAT_VERSION = 1

/** What is in a segment, and where: enough to read any block of it alone and to prove it whole. */
export interface Manifest {
  number: number
  /** Of the segment's object. */
  key: string
  first: LogPoint
  last: LogPoint
  events: number
  /** 16 bytes, as the others that are XORs. */
  idsXor: Uint8Array
  digestsXor: Uint8Array
  /** By name. */
  types: { type: string; events: number }[]
  /** UTF-8, with line ends. */
  textBytes: number
  gzipBytes: number
  /** Of the object, 32 bytes. */
  sha256: Uint8Array
  /** One after the other, without a gap. */
  blocks: Block[]
}

/** A part of the object that can be inflated alone: raw deflate that ends in a full flush. */
export interface Block {
  /** Of its first byte in the object. */
  offset: number
  /** In the object, in bytes. */
  length: number
  textBytes: number
  events: number
  /** Of the text. */
  crc32: number
  /** Of its first event. */
  position: bigint
}

/**
 * The blocks in which events of (after, upTo] can stand. Events of one position may lie in several blocks, so those
 * at `after` are among them.
 */
export function blocksBetween(
  { blocks }: Manifest,
  after: bigint | undefined,
  upTo: bigint | undefined,
): Block[] {
  return blocks.filter((block, i) => {
    const next = blocks[i + 1]
    return (
      (upTo === undefined || block.position <= upTo) &&
      (after === undefined || next === undefined || next.position >= after)
    )
  })
}
