import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { GZIP_HEADER, gzipTrailer } from './gzip-frame.ts'
import type { Block } from './manifest.ts'

const deflate = promisify(deflateRaw)

const OPTIONS = {
  /** Of the levels the one that is fast and still nearly as small as gzip's own (bench/segment). */
  level: 4,
  /** The next block then refers to nothing in this one, and begins at a byte of its own. */
  finishFlush: constants.Z_FULL_FLUSH,
  chunkSize: 128 * 1024,
}
/** More than the threads of Node's pool, so that none of them waits. */
const MOST_IN_FLIGHT = 8

type BlockText = Pick<Block, 'textBytes' | 'events' | 'crc32' | 'position'>

/** Blocks of text as one gzip member, each of them deflated on the thread pool while others are filled. */
export class GzipBlocks {
  readonly body: Uint8Array[] = []
  readonly blocks: Block[] = []
  textBytes = 0
  gzipBytes = 0
  readonly #sha256 = createHash('sha256')
  #crc32 = 0
  readonly #inFlight: { of: BlockText; deflated: Promise<Buffer> }[] = []

  constructor() {
    this.#append(GZIP_HEADER)
  }

  /** Waits while too many blocks are on their way. */
  async add(text: string, { events, position }: Pick<Block, 'events' | 'position'>): Promise<void> {
    const bytes = Buffer.from(text)
    this.#crc32 = crc32(bytes, this.#crc32)
    this.textBytes += bytes.length
    const deflated = deflate(bytes, OPTIONS)
    // one that fails is told when its turn comes
    deflated.catch(() => {})
    this.#inFlight.push({
      of: { textBytes: bytes.length, events, crc32: crc32(bytes), position },
      deflated,
    })
    if (this.#inFlight.length > MOST_IN_FLIGHT) await this.#takeFirst()
  }

  /** Ends the member. Returns the SHA-256 of all its bytes. */
  async finish(): Promise<Uint8Array> {
    while (this.#inFlight.length > 0) await this.#takeFirst()
    this.#append(gzipTrailer(this.#crc32, this.textBytes))
    return new Uint8Array(this.#sha256.digest())
  }

  async #takeFirst(): Promise<void> {
    const first = this.#inFlight.shift()
    if (first === undefined) return
    // copied: what zlib gives is part of a larger buffer
    const bytes = Uint8Array.from(await first.deflated)
    this.blocks.push({ offset: this.gzipBytes, length: bytes.length, ...first.of })
    this.#append(bytes)
  }

  #append(bytes: Uint8Array): void {
    this.body.push(bytes)
    this.gzipBytes += bytes.length
    this.#sha256.update(bytes)
  }
}
