import { createHash } from 'node:crypto'
import { cutPieces } from './cut-pieces.ts'
import { GZIP_HEADER, GZIP_TRAILER_BYTES } from './gzip-frame.ts'
import type { Block, Manifest } from './manifest.ts'
import { readRanges, type SegmentBytes } from './segment-bytes.ts'
import { damagedSegment } from './segment-error.ts'

/** The bytes of blocks of a segment, which follow one another. Of all its blocks, the whole object is read. */
export class BlockBytes {
  readonly #manifest: Manifest
  readonly #bytes: SegmentBytes
  readonly #blocks: readonly Block[]
  readonly #isWhole: boolean
  readonly #sha256 = createHash('sha256')
  #sizeBytes = 0

  constructor(manifest: Manifest, bytes: SegmentBytes, blocks: readonly Block[]) {
    this.#manifest = manifest
    this.#bytes = bytes
    this.#blocks = blocks
    this.#isWhole = blocks.length === manifest.blocks.length
  }

  /** Ends early where bytes lack: `check` tells. */
  async *read(): AsyncGenerator<{ block: Block; bytes: Uint8Array }> {
    let next = this.#isWhole ? -1 : 0
    for await (const piece of await this.#pieces()) {
      this.#sizeBytes += piece.length
      if (this.#isWhole) this.#sha256.update(piece)
      const block = this.#blocks[next]
      next += 1
      if (block !== undefined && piece.length === block.length) yield { block, bytes: piece }
    }
  }

  /**
   * To be called once all was read, and each block was proved: what damage lies in a block is told there.
   *
   * @throws DemetraError DEMETRA_SEGMENT_DAMAGED where the length, or the whole object's SHA-256, is another
   */
  check(): void {
    const { gzipBytes, sha256 } = this.#manifest
    const expectedBytes = this.#isWhole ? gzipBytes : this.#end - this.#start
    if (this.#sizeBytes !== expectedBytes)
      throw damagedSegment(this.#manifest, `${this.#sizeBytes} bytes of it were read, not ${expectedBytes}`)
    if (!this.#isWhole) return
    const found = this.#sha256.digest()
    if (found.compare(sha256) !== 0)
      throw damagedSegment(
        this.#manifest,
        `its SHA-256 is ${found.toString('hex')}, not ${Buffer.from(sha256).toString('hex')}`,
      )
  }

  async #pieces(): Promise<AsyncGenerator<Uint8Array>> {
    const lengths = this.#blocks.map((block) => block.length)
    if (!this.#isWhole) return cutPieces(readRanges(this.#bytes, this.#start, this.#end), lengths)
    return cutPieces(await this.#bytes.read(), [GZIP_HEADER.length, ...lengths, GZIP_TRAILER_BYTES])
  }

  get #start(): number {
    return this.#blocks[0]?.offset ?? 0
  }

  get #end(): number {
    const last = this.#blocks.at(-1)
    return last === undefined ? 0 : last.offset + last.length
  }
}
